/** The pods that `logs`, `exec` and `port-forward` mean by POD, TYPE/NAME or a selector; the best candidate first. */
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { LabelSelector } from "../../machinery/types/meta/v1.ts";
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { pathOf } from "./resource-mapping.ts";

export async function podsOf(cluster: Cluster, argument: string | undefined, selector?: string): Promise<Pod[]> {
  if (selector !== undefined) return list(cluster, selector);
  const [type, name] = (argument ?? "").includes("/") ? (argument ?? "").split("/") : ["pods", argument];
  const resource = await cluster.mapping.resolve(type ?? "pods");
  const path = pathOf(resource, resource.namespaced ? cluster.namespace : undefined, name ?? "");
  const object = await cluster.client.json<Pod & { spec?: { selector?: LabelSelector | Record<string, string> } }>({
    path,
  });
  if (resource.plural === "pods" && resource.group === "") return [object];
  const own = object.spec?.selector;
  if (!own) {
    throw new ExitError(
      1,
      `error: cannot get the logs from *${resource.version}.${resource.kind}: selector for *${resource.version}.${resource.kind} not implemented`,
    );
  }
  return list(cluster, selectorText(own));
}

/** Ready before not ready, running before pending, the older first: kubectl's order for logs. */
async function list(cluster: Cluster, labelSelector: string): Promise<Pod[]> {
  const path = `/api/v1/namespaces/${cluster.namespace}/pods`;
  const { items } = await cluster.client.json<{ items: Pod[] }>({ path, query: { labelSelector } });
  const rank = (pod: Pod): number => {
    const ready = pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    return (pod.spec?.nodeName ? 0 : 4) + (pod.status?.phase === "Running" ? 0 : 2) + (ready ? 0 : 1);
  };
  const created = (pod: Pod): string => pod.metadata.creationTimestamp ?? "";
  return items.sort((a, b) => rank(a) - rank(b) || (created(a) < created(b) ? -1 : Number(created(a) > created(b))));
}

function selectorText(selector: LabelSelector | Record<string, string>): string {
  const structured = "matchLabels" in selector || "matchExpressions" in selector;
  const { matchLabels, matchExpressions } = (structured ? selector : { matchLabels: selector }) as LabelSelector;
  const parts = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values } of matchExpressions ?? []) {
    if (operator === "Exists") parts.push(key);
    else if (operator === "DoesNotExist") parts.push(`!${key}`);
    else parts.push(`${key} ${operator === "In" ? "in" : "notin"} (${(values ?? []).join(",")})`);
  }
  return parts.join(",");
}
