/** What is looked up for each scrape: objects in the store, the process, the event loop. */
import { readdir } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import type { MetricRegistry, Sample } from "../../machinery/metrics/registry.ts";
import type { Store } from "../../store/types.ts";
import type { Registry } from "../registry/registry.ts";
import type { WatchHub } from "../watch/hub.ts";

export function registerServerMetrics(metrics: MetricRegistry, store: Store, registry: Registry, hub: WatchHub): void {
  metrics.collected(
    "apiserver_storage_objects",
    "[STABLE] Number of stored objects at the time of last check split by kind.",
    "gauge",
    () => storedObjects(store, registry),
  );
  metrics.collected("apiserver_watch_events_total", "[ALPHA] Number of events sent in watch clients", "counter", () =>
    [...hub.sent].map(([{ group, version, resource }, value]) => ({ labels: { group, resource, version }, value })),
  );
  const one = (name: string, help: string, type: "counter" | "gauge", value: () => number): void =>
    metrics.collected(name, help, type, () => [{ labels: {}, value: value() }]);
  one("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", "counter", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  one("process_resident_memory_bytes", "Resident memory size in bytes.", "gauge", () => process.memoryUsage.rss());
  one("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", "gauge", () =>
    Math.round(performance.timeOrigin / 1000),
  );
  metrics.collected("process_open_fds", "Number of open file descriptors.", "gauge", openFiles);
  one(
    "nodejs_heap_size_used_bytes",
    "Process heap size used from Node.js in bytes.",
    "gauge",
    () => process.memoryUsage().heapUsed,
  );
  one(
    "nodejs_eventloop_utilization",
    "Share of time since the start that the event loop was busy.",
    "gauge",
    () => performance.eventLoopUtilization().utilization,
  );
}

async function storedObjects(store: Store, { groups }: Registry): Promise<Sample[]> {
  const prefixes = new Map<string, string>();
  for (const { group, versions } of groups) {
    for (const { resource, prefix, verbs } of versions.flatMap((version) => version.resources)) {
      if (verbs.has("list") && !prefixes.has(prefix)) {
        prefixes.set(prefix, group === "" ? resource : `${resource}.${group}`);
      }
    }
  }
  const count = async ([prefix, resource]: [string, string]): Promise<Sample> => ({
    labels: { resource },
    value: await store.count(prefix),
  });
  return Promise.all([...prefixes].map(count));
}

/** Nothing where the system has no /proc. */
async function openFiles(): Promise<Sample[]> {
  try {
    return [{ labels: {}, value: (await readdir("/proc/self/fd")).length }];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
