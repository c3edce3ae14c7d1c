/**
 * What each node is to do, out of informers that all nodes share. A change costs a look-up of who wants it, not a walk
 * over the nodes: a pod goes to the node in its spec, a ConfigMap or Secret to the nodes whose pods name it.
 */
import { type ClusterNetwork, type DesiredKind, type DesiredStateSink, podKinds } from "../../proto/agent.ts";
import type { Informer, InformerFactory } from "../api/client/types.ts";
import { type KubeObject, keyOf } from "../machinery/meta/object.ts";
import type { ConfigMap, Node, Pod, Secret, Service } from "../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../machinery/types/discovery/v1.ts";
import { isSamePeer, peerOf } from "./peers.ts";
import { type Reference, referencesOf } from "./pod-references.ts";
import { PolicyFlow } from "./policy-flow.ts";
import * as resources from "./resources.ts";

const byNode = "link/node";

export class DesiredState {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly #broadcast: Broadcast;
  readonly #policies: PolicyFlow;
  readonly #configMaps: Informer<ConfigMap>;
  readonly #secrets: Informer<Secret>;
  readonly #byNode = new Map<string, Set<Subscription>>();
  readonly #byReference = new Map<Reference, Set<Subscription>>();
  readonly #everywhere = new Map<DesiredKind, Set<Subscription>>();
  readonly #synced: Promise<unknown>;
  readonly #network: ClusterNetwork | undefined;

  /** Before the informers are started: it adds an index of pods by node. */
  constructor(informers: InformerFactory, network?: ClusterNetwork) {
    this.#network = network;
    this.pods = informers.informer<Pod>(resources.pods);
    this.nodes = informers.informer<Node>(resources.nodes);
    this.#broadcast = {
      services: informers.informer<Service>(resources.services),
      endpointslices: informers.informer<EndpointSlice>(resources.endpointSlices),
    };
    this.#configMaps = informers.informer<ConfigMap>(resources.configMaps);
    this.#secrets = informers.informer<Secret>(resources.secrets);
    this.pods.addIndex(byNode, (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []));
    this.#listen();
    this.#policies = new PolicyFlow(informers);
    const all = [this.pods, this.nodes, this.#configMaps, this.#secrets, ...Object.values(this.#broadcast)];
    this.#synced = Promise.all([...all.map((informer) => informer.synced()), this.#policies.synced]);
  }

  /** Begins once the informers have synced; nothing is told before this returns. */
  subscribe(nodeName: string, sink: DesiredStateSink, kinds: readonly DesiredKind[] = podKinds): () => void {
    const subscription = new Subscription(nodeName, sink, new Set(kinds), this);
    let ended = false;
    void this.#synced.then(() => {
      if (!ended) this.#begin(subscription);
    });
    return () => {
      ended = true;
      this.#end(subscription);
    };
  }

  /** The object behind a reference, if it exists. */
  referenced(reference: Reference): KubeObject | undefined {
    const [kind, key] = splitReference(reference);
    return (kind === "configmaps" ? this.#configMaps : this.#secrets).lister.get(key);
  }

  watchReference(reference: Reference, subscription: Subscription): void {
    addTo(this.#byReference, reference, subscription);
  }

  unwatchReference(reference: Reference, subscription: Subscription): void {
    takeFrom(this.#byReference, reference, subscription);
  }

  #begin(subscription: Subscription): void {
    const { kinds, nodeName, sink } = subscription;
    addTo(this.#byNode, nodeName, subscription);
    sink.reset();
    if (kinds.has("nodes")) {
      const node = this.nodes.lister.get(nodeName);
      if (node) sink.set("nodes", node);
    }
    if (kinds.has("clusternetworks") && this.#network) sink.set("clusternetworks", this.#network);
    if (kinds.has("peers")) {
      addTo(this.#everywhere, "peers", subscription);
      for (const node of this.nodes.lister.list()) sink.set("peers", peerOf(node));
    }
    for (const [kind, informer] of broadcasts(this.#broadcast)) {
      if (!kinds.has(kind)) continue;
      addTo(this.#everywhere, kind, subscription);
      for (const object of informer.lister.list()) sink.set(kind, object);
    }
    this.#policies.begin(sink, kinds);
    for (const pod of this.pods.lister.byIndex(byNode, nodeName)) subscription.setPod(pod);
    sink.synced();
  }

  #end(subscription: Subscription): void {
    takeFrom(this.#byNode, subscription.nodeName, subscription);
    for (const kind of subscription.kinds) takeFrom(this.#everywhere, kind, subscription);
    this.#policies.end(subscription.sink);
    subscription.end();
  }

  #listen(): void {
    const told = (nodeName: string | undefined): Iterable<Subscription> => this.#byNode.get(nodeName ?? "") ?? [];
    const setPod = (pod: Pod): void => {
      for (const subscription of told(pod.spec?.nodeName)) subscription.setPod(pod);
    };
    this.pods.addHandler({
      add: setPod,
      update: setPod,
      delete: (pod) => {
        for (const subscription of told(pod.spec?.nodeName)) subscription.removePod(pod);
      },
    });
    const setNode = (node: Node): void => {
      for (const { kinds, sink } of told(node.metadata.name)) if (kinds.has("nodes")) sink.set("nodes", node);
    };
    this.nodes.addHandler({
      add: setNode,
      update: setNode,
      delete: (node) => {
        for (const { kinds, sink } of told(node.metadata.name))
          if (kinds.has("nodes")) sink.remove("nodes", refOf(node));
      },
    });
    this.#listenToPeers();
    for (const [kind, informer] of broadcasts(this.#broadcast)) this.#listenToAll(kind, informer);
    this.#listenToReferenced("configmaps", this.#configMaps);
    this.#listenToReferenced("secrets", this.#secrets);
  }

  #listenToPeers(): void {
    const told = (): Iterable<Subscription> => this.#everywhere.get("peers") ?? [];
    const set = (node: Node): void => {
      const peer = peerOf(node);
      for (const { sink } of told()) sink.set("peers", peer);
    };
    this.nodes.addHandler({
      add: set,
      update: (node, old) => {
        if (!isSamePeer(node, old)) set(node);
      },
      delete: (node) => {
        for (const { sink } of told()) sink.remove("peers", refOf(node));
      },
    });
  }

  #listenToAll(kind: DesiredKind, informer: Informer<KubeObject>): void {
    const told = (): Iterable<Subscription> => this.#everywhere.get(kind) ?? [];
    const set = (object: KubeObject): void => {
      for (const { sink } of told()) sink.set(kind, object);
    };
    informer.addHandler({
      add: set,
      update: set,
      delete: (object) => {
        for (const { sink } of told()) sink.remove(kind, refOf(object));
      },
    });
  }

  #listenToReferenced<T extends KubeObject>(kind: "configmaps" | "secrets", informer: Informer<T>): void {
    const wanting = (object: T): Iterable<Subscription> =>
      this.#byReference.get(`${kind}/${keyOf(object)}` as Reference) ?? [];
    const set = (object: T): void => {
      for (const { sink } of wanting(object)) sink.set(kind, object);
    };
    informer.addHandler({
      add: set,
      update: set,
      delete: (object) => {
        for (const { sink } of wanting(object)) sink.remove(kind, refOf(object));
      },
    });
  }
}

/** One agent's flow of desired state. */
class Subscription {
  readonly nodeName: string;
  readonly sink: DesiredStateSink;
  readonly kinds: ReadonlySet<DesiredKind>;
  readonly #state: DesiredState;
  readonly #referencesByPod = new Map<string, ReadonlySet<Reference>>();
  readonly #counts = new Map<Reference, number>();

  constructor(nodeName: string, sink: DesiredStateSink, kinds: ReadonlySet<DesiredKind>, state: DesiredState) {
    this.nodeName = nodeName;
    this.sink = sink;
    this.kinds = kinds;
    this.#state = state;
  }

  /** What the pod refers to is told before the pod itself. */
  setPod(pod: Pod): void {
    if (this.kinds.has("configmaps") || this.kinds.has("secrets")) this.#refer(keyOf(pod), referencesOf(pod));
    if (this.kinds.has("pods")) this.sink.set("pods", pod);
  }

  removePod(pod: Pod): void {
    if (this.kinds.has("pods")) this.sink.remove("pods", refOf(pod));
    this.#refer(keyOf(pod), noReferences);
  }

  end(): void {
    for (const reference of this.#counts.keys()) this.#state.unwatchReference(reference, this);
    this.#counts.clear();
    this.#referencesByPod.clear();
  }

  #refer(podKey: string, references: ReadonlySet<Reference>): void {
    const old = this.#referencesByPod.get(podKey) ?? noReferences;
    if (references.size > 0) this.#referencesByPod.set(podKey, references);
    else this.#referencesByPod.delete(podKey);
    for (const reference of references) if (!old.has(reference)) this.#gain(reference);
    for (const reference of old) if (!references.has(reference)) this.#lose(reference);
  }

  #gain(reference: Reference): void {
    const [kind] = splitReference(reference);
    if (!this.kinds.has(kind)) return;
    const count = this.#counts.get(reference) ?? 0;
    this.#counts.set(reference, count + 1);
    if (count > 0) return;
    this.#state.watchReference(reference, this);
    const object = this.#state.referenced(reference);
    if (object) this.sink.set(kind, object);
  }

  #lose(reference: Reference): void {
    const count = this.#counts.get(reference);
    if (count === undefined) return;
    if (count > 1) {
      this.#counts.set(reference, count - 1);
      return;
    }
    this.#counts.delete(reference);
    this.#state.unwatchReference(reference, this);
    const object = this.#state.referenced(reference);
    if (object) this.sink.remove(splitReference(reference)[0], refOf(object));
  }
}

/** What every node hears of that asks for it, whatever runs there. */
interface Broadcast {
  readonly services: Informer<Service>;
  readonly endpointslices: Informer<EndpointSlice>;
}

function broadcasts(informers: Broadcast): [keyof Broadcast, Informer<KubeObject>][] {
  return Object.entries(informers) as [keyof Broadcast, Informer<KubeObject>][];
}

const noReferences: ReadonlySet<Reference> = new Set();

function splitReference(reference: Reference): ["configmaps" | "secrets", string] {
  const slash = reference.indexOf("/");
  return [reference.slice(0, slash) as "configmaps" | "secrets", reference.slice(slash + 1)];
}

function refOf(object: KubeObject): { namespace: string; name: string } {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" };
}

function addTo<K>(groups: Map<K, Set<Subscription>>, key: K, subscription: Subscription): void {
  const members = groups.get(key);
  if (members) members.add(subscription);
  else groups.set(key, new Set([subscription]));
}

function takeFrom<K>(groups: Map<K, Set<Subscription>>, key: K, subscription: Subscription): void {
  const members = groups.get(key);
  if (members?.delete(subscription) && members.size === 0) groups.delete(key);
}
