import { amountOf } from "../../quantity/resource-list.ts";
import { invalidValue } from "../../status/field-errors.ts";
import type { ResourceQuota } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import type { Errors } from "../validation/checks.ts";
import { checkResourceList } from "../validation/resources.ts";
import { sameJson } from "../validation/same-json.ts";

const scopes: readonly string[] = [
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "VolumeAttributesClass",
];
const conflicting = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

export const resourceQuotaStrategy = strategyFor<ResourceQuota>({
  hasGeneration: false,
  prepareForCreate(quota) {
    quota.status = {};
  },
  validate({ spec }) {
    const errors: Errors = [];
    checkResourceList(errors, "spec.hard", spec?.hard);
    const seen = new Set<string>();
    for (const scope of spec?.scopes ?? []) {
      if (!scopes.includes(scope)) errors.push(invalidValue("spec.scopes", spec?.scopes, "unsupported scope"));
      seen.add(scope);
    }
    for (const [a, b] of conflicting) {
      if (seen.has(a) && seen.has(b)) {
        errors.push(invalidValue("spec.scopes", spec?.scopes, "conflicting scopes"));
      }
    }
    return errors;
  },
  validateUpdate(quota, old) {
    const errors: Errors = [];
    const sorted = (scopesOf: readonly string[] | undefined) => [...(scopesOf ?? [])].sort();
    if (!sameJson(sorted(quota.spec?.scopes), sorted(old.spec?.scopes))) {
      errors.push(invalidValue("spec.scopes", quota.spec?.scopes ?? null, "field is immutable"));
    }
    return errors;
  },
});

export const resourceQuotaTable = table<ResourceQuota>(
  [
    nameColumn,
    column("Request", "string", "Request represents a minimum amount of cpu/memory that a container may consume."),
    column(
      "Limit",
      "string",
      "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
    ),
    ageColumn,
  ],
  (quota, now) => {
    const { requests, limits } = usage(quota);
    return [quota.metadata.name, requests, limits, age(quota, now)];
  },
);

function usage(quota: ResourceQuota): { requests: string; limits: string } {
  const hard = quota.status?.hard ?? {};
  const used = quota.status?.used ?? {};
  const requests: string[] = [];
  const limits: string[] = [];
  for (const name of Object.keys(hard).sort()) {
    const line = `${name}: ${amountOf(used, name) ?? "0"}/${amountOf(hard, name) ?? "0"}`;
    (name.startsWith("limits") ? limits : requests).push(line);
  }
  return { requests: requests.join(", "), limits: limits.join(", ") };
}
