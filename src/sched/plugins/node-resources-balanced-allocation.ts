import type { Plugin } from "../framework/types.ts";
import { cpuColumn, memoryColumn } from "../snapshot/resource-columns.ts";
import { signatureOf } from "./node-resources-fit.ts";

/** Prefers nodes on which cpu and memory would be used to the same degree. Pods that ask for neither are not judged. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  sign: signatureOf,
  score(pod, snapshot) {
    const cpu = pod.requests.find(({ column }) => column === cpuColumn)?.amount ?? 0;
    const memory = pod.requests.find(({ column }) => column === memoryColumn)?.amount ?? 0;
    if (cpu === 0 && memory === 0) return undefined;
    const cpuOf = snapshot.column(cpuColumn);
    const memoryOf = snapshot.column(memoryColumn);
    return {
      reads: "load",
      score(slot) {
        const offeredCpu = cpuOf.allocatable[slot] ?? 0;
        const offeredMemory = memoryOf.allocatable[slot] ?? 0;
        // One resource alone is always in balance.
        if (offeredCpu === 0 || offeredMemory === 0) return 100;
        const usedCpu = Math.min(1, ((cpuOf.requested[slot] ?? 0) + cpu) / offeredCpu);
        const usedMemory = Math.min(1, ((memoryOf.requested[slot] ?? 0) + memory) / offeredMemory);
        return Math.floor((1 - Math.abs((usedCpu - usedMemory) / 2)) * 100);
      },
    };
  },
};
