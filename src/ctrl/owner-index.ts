import type { Informer, InformerFactory } from "../api/client/types.ts";
import { controllerOf, type GroupVersionResource, type KubeObject } from "../machinery/meta/object.ts";

const index = "controller-uid";
/** The informers that have the index, whoever asked for it first. */
const indexed = new WeakSet<object>();

/** The shared informer of a kind, with the index that the functions below read. Before the informer starts only. */
export function informerByOwner<T extends KubeObject>(
  informers: InformerFactory,
  gvr: GroupVersionResource,
): Informer<T> {
  const informer = informers.informer<T>(gvr);
  if (indexed.has(informer)) return informer;
  indexed.add(informer);
  informer.addIndex(index, (object) => [controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace)]);
  return informer;
}

/** What the controller of this uid owns. */
export function ownedBy<T extends KubeObject>(informer: Informer<T>, uid: string | undefined): readonly T[] {
  return uid === undefined ? [] : informer.lister.byIndex(index, uid);
}

/** What the controller may claim: its own, and what has no controller in its namespace. */
export function claimable<T extends KubeObject>(informer: Informer<T>, claimant: KubeObject): readonly T[] {
  const owned = ownedBy(informer, claimant.metadata.uid);
  const orphans = informer.lister.byIndex(index, orphansOf(claimant.metadata.namespace));
  return orphans.length === 0 ? owned : [...owned, ...orphans];
}

/** No uid looks like this. */
function orphansOf(namespace: string | undefined): string {
  return `orphans/${namespace}`;
}
