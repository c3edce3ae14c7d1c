/** Which pods are missing and which are too many, whatever version they are of. */
import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { DaemonView } from "./daemon-view.ts";
import { type DaemonSteps, updateBounds } from "./rolling-update.ts";

export interface ManageSteps extends DaemonSteps {
  /** Of those to be removed, the ones that have ended: they are worth an event, and failed ones a back-off. */
  readonly ended: readonly Pod[];
}

/** `mayRemove`: false for a failed pod whose node has failed so often that its successor has to wait. */
export function managePods(view: DaemonView, mayRemove: (failed: Pod, node: string) => boolean): ManageSteps {
  const create: string[] = [];
  const remove: Pod[] = [];
  const ended: Pod[] = [];
  const surges = view.set.spec?.updateStrategy?.type !== "OnDelete" && updateBounds(view).maxSurge > 0;
  const known = new Set<string>();
  for (const { name, run, stay } of view.nodes) {
    known.add(name);
    const pods = view.podsOn(name);
    if (run && pods.length === 0) create.push(name);
    else if (!stay) remove.push(...pods.filter(({ metadata }) => !metadata.deletionTimestamp));
    else {
      const running: Pod[] = [];
      for (const pod of pods) {
        if (pod.metadata.deletionTimestamp) continue;
        if (pod.status?.phase === "Failed") {
          if (mayRemove(pod, name)) ended.push(pod);
        } else if (pod.status?.phase === "Succeeded") ended.push(pod);
        else running.push(pod);
      }
      remove.push(...(surges ? surplusOfSurge(view, running) : running.slice(1)));
    }
  }
  // Meant for nodes that are gone, and never bound: nobody else would remove them.
  for (const [name, pods] of view.podsByNode) {
    if (!known.has(name))
      remove.push(...pods.filter(({ spec, metadata }) => !spec?.nodeName && !metadata.deletionTimestamp));
  }
  return { create, remove: [...remove, ...ended], ended };
}

/** One of each version may be there at once; the old one goes when it does not serve, or the new one does. */
function surplusOfSurge(view: DaemonView, running: readonly Pod[]): Pod[] {
  if (running.length <= 1) return [];
  const updated = running.find((pod) => view.isUpdated(pod));
  const old = running.find((pod) => !view.isUpdated(pod));
  const surplus = running.filter((pod) => pod !== updated && pod !== old);
  if (updated && old && (!isPodReady(old) || view.isAvailable(updated))) surplus.push(old);
  return surplus;
}
