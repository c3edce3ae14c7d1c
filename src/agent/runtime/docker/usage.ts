import { type ContainerUsage, RuntimeError } from "../types.ts";
import type { Engine } from "./engine.ts";

/** The part of the engine's answer that is used here; with cgroups v1 and v2 alike. */
interface EngineStats {
  readonly read: string;
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly memory_stats: {
    readonly usage?: number;
    readonly stats?: { readonly total_inactive_file?: number; readonly inactive_file?: number };
  };
}

/** One reading of the counters, which the engine takes from the cgroup at once ("one-shot"). */
export async function containerUsage(engine: Engine, id: string): Promise<ContainerUsage | undefined> {
  let stats: EngineStats;
  try {
    const options = { stream: false, "one-shot": true } as { stream: false };
    stats = (await engine.call((docker) => docker.getContainer(id).stats(options))) as unknown as EngineStats;
  } catch (error) {
    if (error instanceof RuntimeError && error.reason !== "other") return undefined;
    throw error;
  }
  const { usage, stats: details } = stats.memory_stats;
  // The engine answers for a container that has ended, too: with nothing.
  if (usage === undefined) return undefined;
  const inactive = details?.total_inactive_file ?? details?.inactive_file ?? 0;
  return {
    time: Date.parse(stats.read),
    cpuNanoseconds: stats.cpu_stats.cpu_usage.total_usage,
    memoryUsageBytes: usage,
    memoryWorkingSetBytes: Math.max(0, usage - inactive),
  };
}
