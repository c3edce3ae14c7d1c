/** Requests and limits as cgroup settings, in the kubelet's conversion. */
import { quantityMilliValue, quantityValue } from "../../machinery/quantity/read.ts";
import type { Container, Pod } from "../../machinery/types/core/v1.ts";
import type { ContainerConfig } from "../runtime/types.ts";
import { qosClassOf } from "./qos.ts";

const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const PERIOD = 100_000;
const MIN_QUOTA = 1000;
const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;
/** Priority classes system-cluster-critical and above. */
const SYSTEM_CRITICAL = 2_000_000_000;

type CgroupSettings = Pick<
  ContainerConfig,
  "cpuShares" | "cpuQuota" | "cpuPeriod" | "memoryLimitBytes" | "oomScoreAdj"
>;

export function cgroupSettings(pod: Pod, container: Container, nodeMemoryBytes: number): CgroupSettings {
  const memoryLimit = memoryLimitBytes(container);
  return {
    ...cpuSettings(container),
    ...(memoryLimit === undefined ? {} : { memoryLimitBytes: memoryLimit }),
    oomScoreAdj: oomScore(pod, container, nodeMemoryBytes),
  };
}

export function cpuSettings(
  container: Container,
): Pick<CgroupSettings, "cpuQuota" | "cpuPeriod"> & { cpuShares: number } {
  const { requests, limits } = container.resources ?? {};
  const cpuLimit = quantityMilliValue(limits?.cpu);
  const cpuRequest = requests?.cpu === undefined ? cpuLimit : quantityMilliValue(requests.cpu);
  return {
    cpuShares: Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((cpuRequest * 1024) / 1000))),
    ...(cpuLimit === 0
      ? {}
      : { cpuQuota: Math.max(MIN_QUOTA, Math.floor((cpuLimit * PERIOD) / 1000)), cpuPeriod: PERIOD }),
  };
}

export function memoryLimitBytes(container: Container): number | undefined {
  return quantityValue(container.resources?.limits?.memory) || undefined;
}

function oomScore(pod: Pod, container: Container, nodeMemoryBytes: number): number {
  if ((pod.spec?.priority ?? 0) >= SYSTEM_CRITICAL) return GUARANTEED_OOM_SCORE;
  const qos = qosClassOf(pod);
  if (qos === "Guaranteed") return GUARANTEED_OOM_SCORE;
  if (qos === "BestEffort") return BEST_EFFORT_OOM_SCORE;
  const request = quantityValue(container.resources?.requests?.memory ?? container.resources?.limits?.memory);
  const score = 1000 - Math.floor((1000 * request) / nodeMemoryBytes);
  // Always between guaranteed and best-effort pods.
  return Math.min(BEST_EFFORT_OOM_SCORE - 1, Math.max(1000 + GUARANTEED_OOM_SCORE, score));
}
