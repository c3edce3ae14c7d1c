import type { ClusterAuthorizer } from "../authz/authorizer.ts";
import { escalationHooks } from "../authz/rbac/escalation.ts";
import { namespaceHooks } from "./namespaces.ts";
import { podHooks } from "./pods.ts";
import { reviewHooks } from "./reviews.ts";
import type { ServiceAllocators } from "./services/allocators.ts";
import { serviceHooks } from "./services/service-hooks.ts";
import type { KindHooks } from "./types.ts";

/** The built-in kinds that need more than their strategy, by "plural.group". */
export function kindHooks(services: ServiceAllocators, authorizer: ClusterAuthorizer): ReadonlyMap<string, KindHooks> {
  const answersWithObject: KindHooks = { returnsDeletedObject: true };
  return new Map<string, KindHooks>([
    ["namespaces.", namespaceHooks],
    ["pods.", podHooks],
    ["services.", serviceHooks(services)],
    ["podtemplates.", answersWithObject],
    ["persistentvolumes.", answersWithObject],
    ["persistentvolumeclaims.", answersWithObject],
    ["serviceaccounts.", answersWithObject],
    ["resourcequotas.", answersWithObject],
    ["storageclasses.storage.k8s.io", answersWithObject],
    ["volumeattachments.storage.k8s.io", answersWithObject],
    ["csidrivers.storage.k8s.io", answersWithObject],
    ["csinodes.storage.k8s.io", answersWithObject],
    ...escalationHooks(authorizer.rbac, authorizer.policy),
    ...reviewHooks(authorizer),
  ]);
}
