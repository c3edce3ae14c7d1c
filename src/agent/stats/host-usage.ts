import { cpus, freemem, totalmem } from "node:os";
import type { ContainerUsage } from "../runtime/types.ts";

/** Of the whole host: its cores' busy time, and the memory that is not available. */
export function hostUsage(now: number): ContainerUsage {
  let busy = 0;
  for (const { times } of cpus()) busy += times.user + times.nice + times.sys + times.irq;
  const memory = totalmem() - freemem();
  return { time: now, cpuNanoseconds: busy * 1e6, memoryUsageBytes: memory, memoryWorkingSetBytes: memory };
}
