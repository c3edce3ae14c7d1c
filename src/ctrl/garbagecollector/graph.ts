/**
 * Who owns whom, by uid. Only what takes part is kept: objects that have owners, the owners, and those whose deletion waits
 * for their dependents; a ConfigMap that nobody owns costs nothing. An owner that is only known from its dependents'
 * references is virtual until the API server has been asked for it.
 */
import type { ObjectMeta, OwnerReference } from "../../machinery/types/meta/v1.ts";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

export interface Coordinates {
  readonly apiVersion: string;
  readonly kind: string;
  /** "" for what is in none. */
  readonly namespace: string;
  readonly name: string;
}

export interface GraphNode {
  readonly uid: string;
  readonly at: Coordinates;
  readonly owners: readonly OwnerReference[];
  readonly dependents: ReadonlySet<GraphNode>;
  /** False: known from references alone. */
  readonly observed: boolean;
  readonly beingDeleted: boolean;
  /** It goes in the foreground: once its dependents have gone. */
  readonly deletingDependents: boolean;
}

interface MutableNode extends GraphNode {
  at: Coordinates;
  owners: readonly OwnerReference[];
  readonly dependents: Set<MutableNode>;
  observed: boolean;
  beingDeleted: boolean;
  deletingDependents: boolean;
  orphaning: boolean;
  /** Where a virtual node was looked for in vain. */
  tried: Set<string> | undefined;
}

/** What must be looked at, because the graph has changed around it. */
export interface GraphListener {
  attemptToDelete(node: GraphNode): void;
  attemptToOrphan(node: GraphNode): void;
  /** The owner that the node names lives in another namespace. */
  foreignOwner(node: GraphNode, owner: OwnerReference): void;
}

const none: readonly OwnerReference[] = Object.freeze([]);

export class DependencyGraph {
  readonly #nodes = new Map<string, MutableNode>();
  readonly #listener: GraphListener;

  constructor(listener: GraphListener) {
    this.#listener = listener;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** The object exists, as it is now. */
  observe(at: Coordinates, metadata: ObjectMeta): void {
    const { uid = "", ownerReferences: owners = none, finalizers, deletionTimestamp } = metadata;
    const foreground = deletionTimestamp !== undefined && finalizers?.includes(foregroundFinalizer) === true;
    const orphan = deletionTimestamp !== undefined && finalizers?.includes(orphanFinalizer) === true;
    let node = this.#nodes.get(uid);
    if (!node) {
      if (owners.length === 0 && !foreground && !orphan) return;
      node = this.#insert(uid, at, true);
    } else if (!node.observed) {
      node.observed = true;
      node.at = at;
      node.tried = undefined;
      // Those that look for it elsewhere may be referring to nothing.
      for (const dependent of node.dependents) this.#checkReference(dependent, node);
    }
    if (deletionTimestamp !== undefined) node.beingDeleted = true;
    this.#setOwners(node, owners);
    if (orphan && !node.orphaning) {
      node.orphaning = true;
      this.#listener.attemptToOrphan(node);
    }
    if (foreground && !node.deletingDependents) {
      node.deletingDependents = true;
      for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent);
      this.#listener.attemptToDelete(node);
    }
    this.#prune(node);
  }

  /** The object does not exist any more. */
  gone(uid: string): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    this.#nodes.delete(uid);
    for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent);
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid);
      if (!owner) continue;
      owner.dependents.delete(node);
      if (owner.deletingDependents) this.#listener.attemptToDelete(owner);
      this.#prune(owner);
    }
  }

  /**
   * The API server knows no object of the node's uid at its coordinates. A virtual node may have dependents that name
   * other coordinates: then it is looked for there next.
   */
  absent(node: GraphNode): void {
    const known = this.#nodes.get(node.uid);
    if (known !== node) return;
    if (!known.observed) {
      known.tried ??= new Set();
      known.tried.add(textOf(known.at));
      for (const dependent of known.dependents) {
        const owner = dependent.owners.find(({ uid }) => uid === known.uid);
        const at = owner && coordinatesOf(owner, dependent.at.namespace);
        if (!at || known.tried.has(textOf(at))) continue;
        for (const other of known.dependents) if (refers(other, known)) this.#listener.attemptToDelete(other);
        known.at = at;
        this.#listener.attemptToDelete(known);
        return;
      }
    }
    this.gone(node.uid);
  }

  /** After a list of everything of one kind: what was there before and is not on it has gone meanwhile. */
  retain(ofKind: (at: Coordinates) => boolean, uids: ReadonlySet<string>): void {
    for (const node of [...this.#nodes.values()]) {
      if (node.observed && ofKind(node.at) && !uids.has(node.uid)) this.gone(node.uid);
    }
  }

  #insert(uid: string, at: Coordinates, observed: boolean): MutableNode {
    const node: MutableNode = {
      uid,
      at,
      owners: none,
      dependents: new Set(),
      observed,
      beingDeleted: false,
      deletingDependents: false,
      orphaning: false,
      tried: undefined,
    };
    this.#nodes.set(uid, node);
    return node;
  }

  #setOwners(node: MutableNode, owners: readonly OwnerReference[]): void {
    const before = node.owners;
    if (before.length === 0 && owners.length === 0) return;
    node.owners = owners;
    for (const old of before) {
      const now = owners.find(({ uid }) => uid === old.uid);
      const owner = this.#nodes.get(old.uid);
      if (!owner) continue;
      // One that waited for this dependent may go on.
      if (old.blockOwnerDeletion && !now?.blockOwnerDeletion) this.#listener.attemptToDelete(owner);
      if (!now) {
        owner.dependents.delete(node);
        this.#prune(owner);
      }
    }
    for (const owner of owners) if (!before.some(({ uid }) => uid === owner.uid)) this.#link(node, owner);
  }

  #link(node: MutableNode, reference: OwnerReference): void {
    let owner = this.#nodes.get(reference.uid);
    if (!owner) {
      owner = this.#insert(reference.uid, coordinatesOf(reference, node.at.namespace), false);
      this.#listener.attemptToDelete(owner);
    }
    owner.dependents.add(node);
    if (owner.observed) this.#checkReference(node, owner);
  }

  /** A reference with the right uid and a wrong place refers to nothing. */
  #checkReference(node: MutableNode, owner: MutableNode): void {
    if (refers(node, owner)) return;
    const reference = node.owners.find(({ uid }) => uid === owner.uid);
    if (reference && owner.at.namespace !== "" && owner.at.namespace !== node.at.namespace) {
      this.#listener.foreignOwner(node, reference);
    }
    this.#listener.attemptToDelete(node);
  }

  /** Forgets what takes part no longer. */
  #prune(node: MutableNode): void {
    if (node.dependents.size > 0 || node.owners.length > 0) return;
    if (node.deletingDependents || node.orphaning) return;
    this.#nodes.delete(node.uid);
  }
}

function coordinatesOf({ apiVersion, kind, name }: OwnerReference, namespace: string): Coordinates {
  return { apiVersion, kind, namespace, name };
}

/** Whether the node's reference to the owner names the owner's place. Owners without a namespace are anybody's. */
function refers(node: GraphNode, owner: GraphNode): boolean {
  const reference = node.owners.find(({ uid }) => uid === owner.uid);
  const { apiVersion, kind, namespace, name } = owner.at;
  return (
    reference !== undefined &&
    reference.name === name &&
    reference.kind === kind &&
    reference.apiVersion === apiVersion &&
    (namespace === "" || namespace === node.at.namespace)
  );
}

export function textOf({ apiVersion, kind, namespace, name }: Coordinates): string {
  return `${apiVersion}/${kind} ${namespace}/${name}`;
}
