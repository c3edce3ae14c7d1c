import { plus } from "../../machinery/kinds/core/pod/resource-lists.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { masked } from "../../machinery/quota/amounts.ts";
import { inScopes } from "../../machinery/quota/scopes.ts";
import { concerns, type Kind, usageOf } from "../../machinery/quota/usage.ts";
import type { ResourceList, ResourceQuota } from "../../machinery/types/core/v1.ts";

/** What the quota's namespace uses of what its spec limits: every name of `hard` has an amount. */
export async function measure<K extends Kind>(
  quota: ResourceQuota,
  kinds: readonly K[],
  listed: (kind: K) => Promise<readonly KubeObject[]>,
  now: number,
): Promise<ResourceList> {
  const names = Object.keys(quota.spec?.hard ?? {});
  let used: ResourceList = {};
  for (const name of names) used[name] = "0";
  for (const kind of kindsOf(quota, kinds)) {
    const own = names.filter((name) => concerns(kind, name));
    for (const object of await listed(kind)) {
      if (inScopes(quota, kind, object)) used = plus(used, masked(usageOf(kind, object, now), own));
    }
  }
  return used;
}

/** The kinds that the quota counts. */
export function kindsOf<K extends Kind>(quota: ResourceQuota, kinds: readonly K[]): K[] {
  const names = Object.keys(quota.spec?.hard ?? {});
  return kinds.filter((kind) => names.some((name) => concerns(kind, name)));
}
