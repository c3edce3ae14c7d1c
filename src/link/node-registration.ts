import { isDeepStrictEqual } from "node:util";
import type { Client, Lister } from "../api/client/types.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { Node, NodeCondition, NodeStatus } from "../machinery/types/core/v1.ts";
import { mergeConditions } from "./conditions.ts";
import * as resources from "./resources.ts";

const maxConflicts = 5;
const noneOwned: ReadonlySet<string> = new Set();

/**
 * Creates the Node, or adopts the one that is there: the labels and annotations it brings are set, others' are kept, and
 * so is all of the spec (taints, podCIDR, unschedulable): a cordoned node stays cordoned when its agent restarts.
 */
export async function registerNode(client: Client, node: Node): Promise<Node> {
  const nodes = client.resource<Node>(resources.nodes);
  try {
    return await nodes.create(node);
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
  }
  const name = node.metadata.name ?? "";
  const existing = await nodes.get(name);
  const labels = changes(existing.metadata.labels, node.metadata.labels);
  const annotations = changes(existing.metadata.annotations, node.metadata.annotations);
  if (!labels && !annotations) return existing;
  const metadata = { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
  return await nodes.patch(name, { type: "merge", patch: { metadata } });
}

function changes(
  existing: Readonly<Record<string, string>> = {},
  wanted: Readonly<Record<string, string>> = {},
): Record<string, string> | undefined {
  const changed = Object.entries(wanted).filter(([key, value]) => existing[key] !== value);
  return changed.length > 0 ? Object.fromEntries(changed) : undefined;
}

/** Conditions of types that the report does not have (set by other watchers of the node) are kept. */
export async function writeNodeStatus(
  client: Client,
  known: Lister<Node>,
  name: string,
  reported: NodeStatus,
): Promise<void> {
  const nodes = client.resource<Node>(resources.nodes);
  let current = known.get(name);
  for (let conflicts = 0; ; conflicts++) {
    try {
      current ??= await nodes.get(name);
      const patch = patchOf(current, reported);
      if (patch) await nodes.patch(name, { type: "merge", patch }, { subresource: "status" });
      return;
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 409 || conflicts >= maxConflicts) throw error;
      current = undefined;
    }
  }
}

function patchOf(node: Node, reported: NodeStatus): object | undefined {
  const old = node.status ?? {};
  const status: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(reported)) {
    const before = old[field as keyof NodeStatus];
    if (field === "conditions" || isDeepStrictEqual(value, before)) continue;
    status[field] = isMap(value) && isMap(before) ? replacing(before, value) : value;
  }
  const conditions = mergeConditions<NodeCondition>(old.conditions, reported.conditions, noneOwned);
  if (!isDeepStrictEqual(conditions, old.conditions ?? [])) status.conditions = conditions;
  if (Object.keys(status).length === 0) return undefined;
  return { metadata: { resourceVersion: node.metadata.resourceVersion }, status };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** In a merge patch maps are merged: what is to go must be null. */
function replacing(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const gone = Object.keys(before).filter((key) => after[key] === undefined);
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...after };
}
