/** metrics.k8s.io: what nodes and pods use, asked of the agents when somebody asks here. `kubectl top`, and autoscalers. */
import type { AgentLink, NodeStats, ResourceUsage } from "../../../proto/agent.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { notFound } from "../../machinery/status/errors.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { timestamp } from "../pipeline/timestamp.ts";
import type { Call, Pipeline } from "../pipeline/types.ts";
import { parsedOf } from "../serialize/parsed.ts";
import type { KindHooks } from "./types.ts";

type AgentOf = (nodeName: string) => AgentLink | undefined;

const apiVersion = "metrics.k8s.io/v1beta1";

export function metricsHooks(agentOf: AgentOf): [string, KindHooks][] {
  return [
    ["nodes.metrics.k8s.io", { compute: (pipeline, call) => nodeMetrics(agentOf, pipeline, call) }],
    ["pods.metrics.k8s.io", { compute: (pipeline, call) => podMetrics(agentOf, pipeline, call) }],
  ];
}

async function nodeMetrics(agentOf: AgentOf, pipeline: Pipeline, call: Call): Promise<UnstructuredObject[]> {
  const nodes = await stored(pipeline, `/registry/nodes/${call.name}`, call.name);
  const measured = await Promise.all(
    nodes.map(async (node) => {
      const stats = await statsOf(pipeline, agentOf, node.metadata.name ?? "");
      return stats && { ...headOf(pipeline, node, "NodeMetrics", stats), usage: usageOf(stats.node) };
    }),
  );
  const found = measured.filter((metrics) => metrics !== undefined);
  if (call.name !== "" && found.length === 0) {
    throw notFound({ group: "metrics.k8s.io", resource: "nodemetrics" }, call.name);
  }
  return found;
}

async function podMetrics(agentOf: AgentOf, pipeline: Pipeline, call: Call): Promise<UnstructuredObject[]> {
  const within = call.namespace === "" ? "/registry/pods/" : `/registry/pods/${call.namespace}/${call.name}`;
  const pods = await stored(pipeline, within, call.name);
  if (call.name !== "" && pods.length === 0) throw notFound({ group: "", resource: "pods" }, call.name);
  const nodeNames = new Set(pods.map((pod) => (pod as unknown as Pod).spec?.nodeName ?? ""));
  const byUid = new Map<string, { readonly stats: NodeStats; readonly containers: readonly ContainerUsage[] }>();
  await Promise.all(
    [...nodeNames].map(async (name) => {
      const stats = await statsOf(pipeline, agentOf, name);
      for (const { pod, containers } of stats?.pods ?? []) if (stats) byUid.set(pod.uid, { stats, containers });
    }),
  );
  const found: UnstructuredObject[] = [];
  for (const pod of pods) {
    const measured = byUid.get(pod.metadata.uid ?? "");
    if (measured === undefined || measured.containers.length === 0) continue;
    // As metrics-server: a pod is told of when all that runs in it has been measured, as its sum would be wrong before.
    const { containerStatuses = [] } = (pod as unknown as Pod).status ?? {};
    const told = new Set(measured.containers.map(({ name }) => name));
    if (containerStatuses.some(({ name, state }) => state?.running && !told.has(name))) continue;
    const containers = measured.containers.map(({ name, ...usage }) => ({ name, usage: usageOf(usage) }));
    found.push({ ...headOf(pipeline, pod, "PodMetrics", measured.stats), containers });
  }
  if (call.name !== "" && found.length === 0) {
    throw notFound({ group: "metrics.k8s.io", resource: "podmetrics" }, `${call.namespace}/${call.name}`);
  }
  return found;
}

type ContainerUsage = NodeStats["pods"][number]["containers"][number];

/** With a name, that object alone: the key of another may begin with it. */
async function stored({ store }: Pipeline, prefix: string, name: string): Promise<UnstructuredObject[]> {
  if (name !== "") {
    const entry = await store.get(prefix);
    return entry ? [parsedOf(entry.value)] : [];
  }
  return (await store.list({ prefix })).entries.map(({ value }) => parsedOf(value));
}

/** Of a node that is not connected, or cannot measure, there is nothing to tell. */
async function statsOf({ log }: Pipeline, agentOf: AgentOf, nodeName: string): Promise<NodeStats | undefined> {
  try {
    return await agentOf(nodeName)?.stats?.();
  } catch (error) {
    log.debug({ err: error, node: nodeName }, "the node's usage is not known");
    return undefined;
  }
}

function headOf(pipeline: Pipeline, { metadata }: UnstructuredObject, kind: string, stats: NodeStats) {
  const { name, namespace, labels } = metadata;
  return {
    kind,
    apiVersion,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: timestamp(pipeline.clock.now()),
      ...(labels ? { labels } : {}),
    },
    timestamp: `${stats.time.slice(0, 19)}Z`,
    window: `${Number((stats.windowMilliseconds / 1000).toFixed(3))}s`,
  };
}

function usageOf({ cpuNanoCores, memoryWorkingSetBytes }: ResourceUsage) {
  return { cpu: cpuNanoCores === 0 ? "0" : `${cpuNanoCores}n`, memory: `${Math.ceil(memoryWorkingSetBytes / 1024)}Ki` };
}
