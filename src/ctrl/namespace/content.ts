import type { Client } from "../../api/client/types.ts";
import { isPodTerminal } from "../../machinery/kinds/core/pod/phase.ts";
import type { GroupVersionResource, KubeObject } from "../../machinery/meta/object.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { isNotFound } from "../controller.ts";
import type { StoredKind } from "../stored-kinds.ts";

/** Whoever holds a finalizer is given so long before it is looked after again. */
const finalizerEstimate = 15;

export interface Remaining {
  /** How many are left of each resource ("pods.", "widgets.example.com"). */
  readonly resources: Map<string, number>;
  /** How many of them each finalizer holds. */
  readonly finalizers: Map<string, number>;
  /** In how many seconds they may be gone; 0: nobody knows. */
  estimate: number;
  readonly errors: unknown[];
}

/**
 * Deletes what is in the namespace, pods first: while one of them runs, what it uses (its Secrets, its NetworkPolicies)
 * stays (OrderedNamespaceDeletion). Resolves with what is left for now.
 */
export async function deleteContent(
  client: Client,
  namespace: string,
  kinds: readonly StoredKind[],
): Promise<Remaining> {
  const remaining: Remaining = { resources: new Map(), finalizers: new Map(), estimate: 0, errors: [] };
  const namespaced = kinds.filter((kind) => kind.namespaced);
  const pods = namespaced.filter(isPods);
  for (const kind of pods) await deleteAll(client, namespace, kind, remaining);
  if (remaining.resources.size > 0 || remaining.errors.length > 0) return remaining;
  for (const kind of namespaced) if (!isPods(kind)) await deleteAll(client, namespace, kind, remaining);
  return remaining;
}

function isPods({ group, resource }: GroupVersionResource): boolean {
  return group === "" && resource === "pods";
}

async function deleteAll(client: Client, namespace: string, kind: StoredKind, remaining: Remaining): Promise<void> {
  const resource = client.resource<KubeObject>(kind, namespace);
  try {
    if ((await resource.list()).items.length === 0) return;
    await resource.deleteCollection({}, { propagationPolicy: "Background" });
    const { items } = await resource.list();
    if (items.length === 0) return;
    remaining.resources.set(`${kind.resource}.${kind.group}`, items.length);
    let held = false;
    for (const { metadata } of items) {
      for (const finalizer of metadata.finalizers ?? []) {
        held = true;
        remaining.finalizers.set(finalizer, (remaining.finalizers.get(finalizer) ?? 0) + 1);
      }
    }
    const estimate = Math.max(isPods(kind) ? gracePeriod(items as readonly Pod[]) : 0, held ? finalizerEstimate : 0);
    if (estimate === 0) {
      const gvr = `${kind.group}/${kind.version}, Resource=${kind.resource}`;
      remaining.errors.push(new Error(`unexpected items still remain in namespace: ${namespace} for gvr: ${gvr}`));
    }
    remaining.estimate = Math.max(remaining.estimate, estimate);
  } catch (error) {
    // The kind has gone meanwhile (a CustomResourceDefinition was deleted), and its objects with it.
    if (!isNotFound(error)) remaining.errors.push(error);
  }
}

/** The longest that one of the running pods may take, in seconds. */
function gracePeriod(pods: readonly Pod[]): number {
  let longest = 0;
  for (const pod of pods) {
    if (!isPodTerminal(pod)) longest = Math.max(longest, pod.spec?.terminationGracePeriodSeconds ?? 30);
  }
  return longest;
}
