import type { Clock } from "../../../machinery/clock.ts";
import { concerns } from "../../../machinery/quota/usage.ts";
import { alreadyExists } from "../../../machinery/status/errors.ts";
import type { ResourceQuota } from "../../../machinery/types/core/v1.ts";
import type { Store } from "../../../store/types.ts";
import type { Client } from "../../client/types.ts";
import type { Resource } from "../../registry/resource.ts";
import { isKind, isPods } from "../concerns.ts";
import type { AdmissionObjects } from "../objects.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../types.ts";
import { QuotaEvaluator } from "./evaluator.ts";

const quotaResource = { group: "", version: "v1", resource: "resourcequotas" };

export interface ResourceQuotaParts {
  readonly objects: AdmissionObjects;
  readonly store: Store;
  readonly clock: Clock;
  /** As the API server itself. */
  readonly client: () => Client;
}

/** https://kubernetes.io/docs/concepts/policy/resource-quotas/. The last to judge, since it charges what it lets through. */
export function resourceQuota({ objects, store, clock, client }: ResourceQuotaParts): AdmissionPlugin {
  const evaluator = new QuotaEvaluator({
    quotas: (namespace) => objects.list<ResourceQuota>("resourcequotas", namespace),
    async writeStatus(quota) {
      await client().resource<ResourceQuota>(quotaResource, quota.metadata.namespace).updateStatus(quota);
    },
    now: () => clock.now(),
  });

  return {
    name: "ResourceQuota",
    handles: (operation, resource, subresource) => {
      if (!isCounted(resource)) return false;
      if (operation === "CREATE") return subresource === "";
      if (operation !== "UPDATE") return false;
      if (isPods(resource)) return subresource === "resize";
      return subresource === "" && (isKind(resource, "", "services") || isKind(resource, "", "persistentvolumeclaims"));
    },
    async validate(request) {
      const quotas = await objects.list<ResourceQuota>("resourcequotas", request.namespace);
      if (!quotas.some((quota) => mayConcern(quota, request))) return;
      await refuseExisting(store, request);
      await evaluator.evaluate(request);
    },
  };
}

/** What is stored, in namespaces, and no Event. */
function isCounted(resource: Resource): boolean {
  return resource.namespaced && resource.resource !== "events" && resource.verbs.has("list");
}

function mayConcern({ status }: ResourceQuota, { resource }: AdmissionRequest): boolean {
  for (const name in status?.hard) if (concerns(resource, name)) return true;
  return false;
}

/** What cannot be made must not be charged: nothing would give it back before the next recalculation. */
async function refuseExisting(
  store: Store,
  { operation, resource, namespace, object }: AdmissionRequest,
): Promise<void> {
  const name = object?.metadata.name;
  if (operation !== "CREATE" || !name) return;
  if (await store.get(resource.key(namespace, name))) throw alreadyExists(resource, name);
}
