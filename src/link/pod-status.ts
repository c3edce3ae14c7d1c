import { isDeepStrictEqual } from "node:util";
import type { PodStatusReport } from "../../proto/agent.ts";
import type { Client, Lister } from "../api/client/types.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { Pod, PodCondition, PodStatus } from "../machinery/types/core/v1.ts";
import { mergeConditions } from "./conditions.ts";
import * as resources from "./resources.ts";

/** Conditions of a pod that its node decides. All others (PodScheduled, readiness gates, DisruptionTarget) are kept. */
const nodeConditions = new Set([
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodReadyToStartContainers",
  "PodResizePending",
  "PodResizeInProgress",
]);

/** Fields that the node decides: absent in a report means that they go. */
const nodeFields = [
  "phase",
  "message",
  "reason",
  "hostIP",
  "hostIPs",
  "podIP",
  "podIPs",
  "startTime",
  "initContainerStatuses",
  "containerStatuses",
  "ephemeralContainerStatuses",
] as const satisfies readonly (keyof PodStatus)[];

const maxConflicts = 5;

/** Writes one report. `known` is a cache: what it lacks or has stale is read again when the write is refused. */
export async function writePodStatus(
  client: Client,
  known: Lister<Pod>,
  report: PodStatusReport,
): Promise<"ok" | "gone"> {
  const { namespace, name, uid } = report.pod;
  const pods = client.resource<Pod>(resources.pods, namespace);
  let current = known.get(`${namespace}/${name}`);
  for (let conflicts = 0; ; conflicts++) {
    if (current && current.metadata.uid !== uid) return "gone";
    try {
      current ??= await pods.get(name);
      if (current.metadata.uid !== uid) return "gone";
      const patch = patchOf(current, report.status);
      if (!patch) return "ok";
      await pods.patch(name, { type: "merge", patch }, { subresource: "status" });
      return "ok";
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (error.code === 404) return "gone";
      if (error.code !== 409 || conflicts >= maxConflicts) throw error;
      current = undefined;
    }
  }
}

/** Undefined where it says nothing new. Bound to the version it was computed from, since it replaces whole lists. */
function patchOf(pod: Pod, reported: PodStatus): object | undefined {
  const old = pod.status ?? {};
  const status: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(reported)) {
    if (field !== "conditions" && !isDeepStrictEqual(value, old[field as keyof PodStatus])) status[field] = value;
  }
  for (const field of nodeFields) if (reported[field] === undefined && old[field] !== undefined) status[field] = null;
  const conditions = mergeConditions<PodCondition>(old.conditions, reported.conditions, nodeConditions);
  if (!isDeepStrictEqual(conditions, old.conditions ?? [])) status.conditions = conditions;
  if (Object.keys(status).length === 0) return undefined;
  return { metadata: { uid: pod.metadata.uid, resourceVersion: pod.metadata.resourceVersion }, status };
}
