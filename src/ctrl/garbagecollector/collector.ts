import type { Client, InformerFactory, ResourceClient } from "../../api/client/types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { OwnerReference } from "../../machinery/types/meta/v1.ts";
import { isNotFound } from "../controller.ts";
import { AbsentOwners } from "./absent-owners.ts";
import {
  type Coordinates,
  type DependencyGraph,
  foregroundFinalizer,
  type GraphNode,
  orphanFinalizer,
} from "./graph.ts";
import type { KindResolver, ResolvedKind } from "./kinds.ts";

type Propagation = "Orphan" | "Background" | "Foreground";

interface Owners {
  readonly solid: OwnerReference[];
  /** They do not exist. */
  readonly dangling: OwnerReference[];
  /** They wait for their dependents to go. */
  readonly waiting: OwnerReference[];
}

/**
 * The garbage collector's two tasks. The graph says what to look at, the API server what is true: nothing is deleted before
 * its owners were looked for live, at the place its own references name
 * (https://kubernetes.io/docs/concepts/architecture/garbage-collection/).
 */
export class Collector {
  readonly #client: Client;
  readonly #informers: InformerFactory;
  readonly #graph: DependencyGraph;
  readonly #kinds: KindResolver;
  readonly #absent = new AbsentOwners(500);
  readonly #enqueue: (node: GraphNode) => void;

  constructor(options: {
    client: Client;
    informers: InformerFactory;
    graph: DependencyGraph;
    kinds: KindResolver;
    enqueue: (node: GraphNode) => void;
  }) {
    this.#client = options.client;
    this.#informers = options.informers;
    this.#graph = options.graph;
    this.#kinds = options.kinds;
    this.#enqueue = options.enqueue;
  }

  /** Deletes the node's object if none of its owners is left. Throws to be called again. */
  async attemptToDelete(node: GraphNode): Promise<void> {
    if (this.#graph.get(node.uid) !== node) return;
    if (node.beingDeleted && !node.deletingDependents) return;
    const kind = this.#kinds.resolve(node.at.apiVersion, node.at.kind);
    // A cluster-scoped object cannot be owned by one in a namespace; asking again would not help.
    if (kind.namespaced && node.at.namespace === "") return;
    if (!node.observed && this.#isCached(kind, node)) return;
    const resource = this.#resource(kind, node.at);
    const live = await read(resource, node.at.name);
    if (!live || live.metadata.uid !== node.uid) {
      this.#absent.add(placeOf(node.at, kind), node.uid);
      this.#graph.absent(node);
      return;
    }
    if (!node.observed) {
      this.#graph.observe(placeOf(node.at, kind), live.metadata);
      return;
    }
    if (node.deletingDependents) return this.#deleteDependents(node, live, resource);
    await this.#deleteUnowned(node, live, resource);
  }

  /** Takes the object out of its dependents' references, and then lets it go. Throws to be called again. */
  async attemptToOrphan(node: GraphNode): Promise<void> {
    if (this.#graph.get(node.uid) !== node) return;
    for (const dependent of [...node.dependents]) {
      const resource = this.#resource(this.#kinds.resolve(dependent.at.apiVersion, dependent.at.kind), dependent.at);
      const live = await read(resource, dependent.at.name);
      if (live && live.metadata.uid === dependent.uid) await dropOwners(resource, live, new Set([node.uid]));
    }
    const resource = this.#resource(this.#kinds.resolve(node.at.apiVersion, node.at.kind), node.at);
    const live = await read(resource, node.at.name);
    if (live && live.metadata.uid === node.uid) await dropFinalizer(resource, live, orphanFinalizer);
  }

  async #deleteDependents(node: GraphNode, live: KubeObject, resource: ResourceClient<KubeObject>): Promise<void> {
    const blocking = [...node.dependents].filter(({ owners }) =>
      owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion === true),
    );
    if (blocking.length === 0) return dropFinalizer(resource, live, foregroundFinalizer);
    for (const dependent of blocking) if (!dependent.deletingDependents) this.#enqueue(dependent);
  }

  async #deleteUnowned(node: GraphNode, live: KubeObject, resource: ResourceClient<KubeObject>): Promise<void> {
    const references = live.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const owners = await this.#classify(node, references);
    if (!owners) return;
    const { solid, dangling, waiting } = owners;
    if (solid.length > 0) {
      const lost = new Set([...dangling, ...waiting].map(({ uid }) => uid));
      if (lost.size > 0) await dropOwners(resource, live, lost);
      return;
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      // Two that wait for each other would wait for ever.
      if ([...node.dependents].some(({ deletingDependents }) => deletingDependents)) await unblock(resource, live);
      return remove(resource, live, "Foreground");
    }
    const finalizers = live.metadata.finalizers ?? [];
    if (finalizers.includes(orphanFinalizer)) return remove(resource, live, "Orphan");
    return remove(resource, live, finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background");
  }

  /** Undefined: a cluster-scoped object names an owner in a namespace, which can neither be there nor be missing. */
  async #classify(node: GraphNode, references: readonly OwnerReference[]): Promise<Owners | undefined> {
    const owners: Owners = { solid: [], dangling: [], waiting: [] };
    for (const reference of references) {
      const { apiVersion, kind: kindName, name, uid } = reference;
      const kind = this.#kinds.resolve(apiVersion, kindName);
      if (kind.namespaced && node.at.namespace === "") return undefined;
      const at = placeOf({ apiVersion, kind: kindName, name, namespace: node.at.namespace }, kind);
      if (this.#absent.has(at, uid)) {
        owners.dangling.push(reference);
        continue;
      }
      const live = await read(this.#resource(kind, at), name);
      if (!live || live.metadata.uid !== uid) {
        this.#absent.add(at, uid);
        owners.dangling.push(reference);
      } else if (live.metadata.deletionTimestamp && live.metadata.finalizers?.includes(foregroundFinalizer)) {
        owners.waiting.push(reference);
      } else {
        owners.solid.push(reference);
      }
    }
    return owners;
  }

  /** A virtual node that an informer knows need not be asked for. */
  #isCached(kind: ResolvedKind, node: GraphNode): boolean {
    const at = placeOf(node.at, kind);
    const key = at.namespace === "" ? at.name : `${at.namespace}/${at.name}`;
    const cached = this.#informers.known(kind)?.lister.get(key);
    if (cached?.metadata.uid !== node.uid) return false;
    this.#graph.observe(at, cached.metadata);
    return true;
  }

  #resource(kind: ResolvedKind, { namespace }: Coordinates): ResourceClient<KubeObject> {
    return this.#client.resource<KubeObject>(kind, kind.namespaced ? namespace : undefined);
  }
}

/** A reference does not say whether its owner is in a namespace; the kind does. */
function placeOf(at: Coordinates, { namespaced }: ResolvedKind): Coordinates {
  return namespaced ? at : { ...at, namespace: "" };
}

async function read(resource: ResourceClient<KubeObject>, name: string): Promise<KubeObject | undefined> {
  try {
    return await resource.get(name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Refused when the object has changed since it was looked at: its owners may have, too. */
async function remove(
  resource: ResourceClient<KubeObject>,
  { metadata }: KubeObject,
  propagationPolicy: Propagation,
): Promise<void> {
  const { name = "", uid = "", resourceVersion = "" } = metadata;
  try {
    await resource.delete(name, { propagationPolicy, preconditions: { uid, resourceVersion } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function dropOwners(resource: ResourceClient<KubeObject>, live: KubeObject, uids: ReadonlySet<string>): Promise<void> {
  const references = live.metadata.ownerReferences ?? [];
  const ownerReferences = references.filter(({ uid }) => !uids.has(uid));
  if (ownerReferences.length === references.length) return Promise.resolve();
  return patchMetadata(resource, live, { ownerReferences: ownerReferences.length > 0 ? ownerReferences : null });
}

function unblock(resource: ResourceClient<KubeObject>, live: KubeObject): Promise<void> {
  const ownerReferences = live.metadata.ownerReferences?.map((owner) => ({ ...owner, blockOwnerDeletion: false }));
  return patchMetadata(resource, live, { ownerReferences });
}

function dropFinalizer(resource: ResourceClient<KubeObject>, live: KubeObject, finalizer: string): Promise<void> {
  const finalizers = live.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) return Promise.resolve();
  const others = finalizers.filter((other) => other !== finalizer);
  return patchMetadata(resource, live, { finalizers: others.length > 0 ? others : null });
}

/** A merge patch, which every kind takes; the resourceVersion makes it fail where the list has changed meanwhile. */
async function patchMetadata(
  resource: ResourceClient<KubeObject>,
  { metadata: { name = "", uid, resourceVersion } }: KubeObject,
  change: object,
): Promise<void> {
  try {
    await resource.patch(name, { type: "merge", patch: { metadata: { uid, resourceVersion, ...change } } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
