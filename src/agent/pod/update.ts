/** What a new version of a pod asks of its node; that its status was written is nothing new to whoever told it. */
import { isDeepStrictEqual } from "node:util";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { OWN_CONDITIONS } from "../status/conditions.ts";

/** Whether a sync may find something to do that it did not before. */
export function isNewWish(before: Pod, after: Pod): boolean {
  return (
    before.metadata.generation !== after.metadata.generation ||
    before.metadata.generation === undefined ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    before.metadata.deletionGracePeriodSeconds !== after.metadata.deletionGracePeriodSeconds ||
    before.spec?.ephemeralContainers?.length !== after.spec?.ephemeralContainers?.length ||
    before.status?.nominatedNodeName !== after.status?.nominatedNodeName ||
    !isDeepStrictEqual(before.status?.resourceClaimStatuses, after.status?.resourceClaimStatuses) ||
    !isDeepStrictEqual(conditionsOfOthers(before), conditionsOfOthers(after))
  );
}

/** Whether what downwardAPI volumes show has changed. */
export function hasNewMetadata(before: Pod, after: Pod): boolean {
  return (
    !isDeepStrictEqual(before.metadata.labels, after.metadata.labels) ||
    !isDeepStrictEqual(before.metadata.annotations, after.metadata.annotations)
  );
}

/** Readiness gates are such conditions. */
function conditionsOfOthers(pod: Pod) {
  return pod.status?.conditions?.filter(({ type }) => !OWN_CONDITIONS.has(type));
}
