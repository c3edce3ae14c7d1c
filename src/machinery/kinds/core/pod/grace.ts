import type { Pod } from "../../../types/core/v1.ts";
import { isPodTerminal } from "./phase.ts";

/**
 * How long a pod that is deleted may take, in seconds: what the request says, else its own terminationGracePeriodSeconds.
 * 0, at once: a pod that no node has, or that has finished. A second delete can only shorten the time, never add to it.
 */
export function podGraceSeconds(pod: Pod, requested: number | undefined): number {
  if (!pod.spec?.nodeName || isPodTerminal(pod)) return 0;
  const asked = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  const seconds = asked < 0 ? 1 : asked;
  const granted = pod.metadata.deletionTimestamp === undefined ? undefined : pod.metadata.deletionGracePeriodSeconds;
  return granted === undefined ? seconds : Math.min(seconds, granted);
}
