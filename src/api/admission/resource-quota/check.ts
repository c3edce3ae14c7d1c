import { plus } from "../../../machinery/kinds/core/pod/resource-lists.ts";
import { amountOf } from "../../../machinery/quantity/resource-list.ts";
import {
  amountsText,
  exceeding,
  increase,
  masked,
  negativeNames,
  withoutZeros,
} from "../../../machinery/quota/amounts.ts";
import { inScopes } from "../../../machinery/quota/scopes.ts";
import { concerns, missingRequirements, usageOf } from "../../../machinery/quota/usage.ts";
import type { Pod, ResourceList, ResourceQuota } from "../../../machinery/types/core/v1.ts";
import { refuse } from "../refuse.ts";
import type { AdmissionRequest } from "../types.ts";

/**
 * The quotas as they are when the request is charged; the very same list where it is charged nothing. Throws 403 where one
 * would be exceeded, or cannot tell (k8s.io/apiserver/pkg/admission/plugin/resourcequota.CheckRequest).
 */
export function charged(
  quotas: readonly ResourceQuota[],
  request: AdmissionRequest,
  now: number,
): readonly ResourceQuota[] {
  const { resource, object, old } = request;
  if (object === undefined) return quotas;
  const interesting: ResourceQuota[] = [];
  for (const quota of quotas) {
    const names = namesFor(quota, request);
    if (names.length === 0 || !inScopes(quota, resource, object)) continue;
    const missing = resource.resource === "pods" ? missingRequirements(object as unknown as Pod, names) : undefined;
    if (missing !== undefined) throw refuse(request, `failed quota: ${quota.metadata.name}: ${missing}`);
    if (names.some((name) => amountOf(quota.status?.used, name) === undefined)) {
      const unknown = [...names].sort().join(",");
      throw refuse(request, `status unknown for quota: ${quota.metadata.name}, resources: ${unknown}`);
    }
    interesting.push(quota);
  }
  if (interesting.length === 0) return quotas;
  const usage = usageOf(resource, object, now);
  const negative = negativeNames(usage);
  if (negative.length > 0) {
    throw refuse(request, `quota usage is negative for resource(s): ${negative.sort().join(",")}`);
  }
  const before = old && request.operation === "UPDATE" ? usageOf(resource, old, now) : undefined;
  let changed = false;
  const result = quotas.map((quota) => {
    if (!interesting.includes(quota)) return quota;
    const counted = before !== undefined && old !== undefined && inScopes(quota, resource, old);
    const delta = withoutZeros(counted ? increase(usage, before) : usage);
    const next = chargedQuota(quota, delta, request);
    if (next !== quota) changed = true;
    return next;
  });
  return changed ? result : quotas;
}

function namesFor({ status }: ResourceQuota, { resource }: AdmissionRequest): string[] {
  return Object.keys(status?.hard ?? {}).filter((name) => concerns(resource, name));
}

function chargedQuota(quota: ResourceQuota, delta: ResourceList, request: AdmissionRequest): ResourceQuota {
  const { hard = {}, used = {} } = quota.status ?? {};
  const asked = masked(delta, Object.keys(hard));
  const names = Object.keys(asked);
  if (names.length === 0) return quota;
  const next = plus(used, asked);
  const over = exceeding(masked(next, names), hard);
  if (over.length > 0) {
    throw refuse(
      request,
      `exceeded quota: ${quota.metadata.name}, requested: ${amountsText(masked(asked, over))}, used: ${amountsText(masked(used, over))}, limited: ${amountsText(masked(hard, over))}`,
    );
  }
  return { ...quota, status: { ...quota.status, used: next } };
}
