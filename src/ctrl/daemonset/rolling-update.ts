/**
 * The next step of an update: https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/. Without surge old pods are
 * deleted, no more than may be unavailable at once, and their successors made when they are gone; with surge the new pod is made
 * beside the old one, which goes when the new one is available.
 */
import { scaledValue } from "../../machinery/kinds/apps/int-or-percent.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { DaemonView } from "./daemon-view.ts";

export interface DaemonSteps {
  /** Nodes that are to get a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

interface Bounds {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

export function updateBounds({ set, nodes }: DaemonView): Bounds {
  const desired = nodes.filter(({ run }) => run).length;
  const { maxSurge = 0, maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, desired, true) ?? 0;
  const unavailable = scaledValue(maxUnavailable, desired, true) ?? 0;
  // Percentages of no nodes at all: one at least may always move.
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function rollingUpdate(view: DaemonView): DaemonSteps {
  const bounds = updateBounds(view);
  return bounds.maxSurge > 0 ? surge(view, bounds) : replace(view, bounds);
}

function replace(view: DaemonView, { maxUnavailable }: Bounds): DaemonSteps {
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const pods of view.podsByNode.values()) {
    const { updated, old, orderly } = versions(view, pods);
    if (!orderly || Boolean(updated) === Boolean(old)) {
      // Something else has to happen on this node first.
      unavailable++;
    } else if (updated) {
      if (!view.isAvailable(updated)) unavailable++;
    } else if (old) {
      if (view.isAvailable(old)) candidates.push(old);
      else {
        // Nothing is lost with it.
        broken.push(old);
        unavailable++;
      }
    }
  }
  return { create: [], remove: [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

function surge(view: DaemonView, { maxSurge }: Bounds): DaemonSteps {
  const broken: string[] = [];
  const candidates: string[] = [];
  const remove: Pod[] = [];
  let surging = 0;
  for (const [node, pods] of view.podsByNode) {
    const { updated, old, orderly } = versions(view, pods);
    if (!orderly) surging++;
    else if (!old) continue;
    else if (updated) {
      if (view.isAvailable(updated)) remove.push(old);
      else surging++;
    } else if (view.isAvailable(old)) candidates.push(node);
    else broken.push(node);
  }
  const eligible = new Set(view.nodes.filter(({ run }) => run).map(({ name }) => name));
  const create = [...broken, ...candidates.slice(0, Math.max(0, maxSurge - surging))];
  return { create: create.filter((node) => eligible.has(node)), remove };
}

/** `orderly`: at most one of each. Pods that are being deleted do not count. */
function versions(view: DaemonView, pods: readonly Pod[]) {
  const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const updated = alive.filter((pod) => view.isUpdated(pod));
  const old = alive.filter((pod) => !view.isUpdated(pod));
  return { updated: updated[0], old: old[0], orderly: updated.length <= 1 && old.length <= 1 };
}
