import type { ResourceQuota } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

export const resourceQuotaStrategy = strategyFor<ResourceQuota>({ hasGeneration: false });

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
    const line = `${name}: ${used[name] ?? "0"}/${hard[name] ?? "0"}`;
    (name.startsWith("limits") ? limits : requests).push(line);
  }
  return { requests: requests.join(", "), limits: limits.join(", ") };
}
