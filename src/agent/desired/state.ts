/** What the server wants of this node, as it was told over the link. */
import type { DesiredKind, DesiredStateSink } from "../../../proto/agent.ts";
import { type KubeObject, keyOf } from "../../machinery/meta/object.ts";
import type { ConfigMap, Node, Pod, Secret, Service } from "../../machinery/types/core/v1.ts";
import type { ObjectSource } from "../volumes/types.ts";

export interface DesiredStateListener {
  podSet(pod: Pod): void;
  /** Of this node itself. */
  nodeSet(node: Node): void;
  /** The pod is not in the API any more. */
  podRemoved(pod: Pod): void;
  /** ConfigMaps and Secrets: volumes follow them, and containers may have waited for them. */
  contentChanged(kind: "configmaps" | "secrets", namespace: string, name: string): void;
  synced(): void;
}

export class DesiredState implements DesiredStateSink, ObjectSource {
  readonly #listener: DesiredStateListener;
  #caches = emptyCaches();
  /** What came before a reset, until the new picture is complete. */
  #before: Caches | undefined;
  #synced = false;

  constructor(listener: DesiredStateListener) {
    this.#listener = listener;
  }

  get isSynced(): boolean {
    return this.#synced;
  }

  reset(): void {
    this.#before ??= this.#caches;
    this.#caches = emptyCaches();
  }

  set(kind: DesiredKind, object: KubeObject): void {
    const key = keyOf(object);
    const cache = this.#caches[kind];
    const before = cache.get(key) ?? this.#before?.[kind].get(key);
    cache.set(key, object);
    if (kind === "pods") {
      const old = before as Pod | undefined;
      // Another pod of the same name: the old one went without a word.
      if (old && old.metadata.uid !== object.metadata.uid) this.#listener.podRemoved(old);
      this.#listener.podSet(object as Pod);
    } else if (kind === "nodes") {
      this.#listener.nodeSet(object as Node);
    } else if (kind === "configmaps" || kind === "secrets") {
      if (before?.metadata.resourceVersion === object.metadata.resourceVersion && before !== undefined) return;
      this.#listener.contentChanged(kind, object.metadata.namespace ?? "", object.metadata.name ?? "");
    }
  }

  remove(kind: DesiredKind, ref: { readonly namespace: string; readonly name: string }): void {
    const key = ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name;
    const object = this.#caches[kind].get(key);
    this.#caches[kind].delete(key);
    if (object && kind === "pods") this.#listener.podRemoved(object as Pod);
  }

  synced(): void {
    const before = this.#before;
    this.#before = undefined;
    for (const [key, pod] of before?.pods ?? []) if (!this.#caches.pods.has(key)) this.#listener.podRemoved(pod as Pod);
    this.#synced = true;
    this.#listener.synced();
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#find("configmaps", `${namespace}/${name}`) as ConfigMap | undefined;
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#find("secrets", `${namespace}/${name}`) as Secret | undefined;
  }

  services(): Iterable<Service> {
    return (this.#before ?? this.#caches).services.values() as Iterable<Service>;
  }

  pods(): Iterable<Pod> {
    return this.#caches.pods.values() as Iterable<Pod>;
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#find("pods", `${namespace}/${name}`) as Pod | undefined;
  }

  node(name: string): Node | undefined {
    return this.#find("nodes", name) as Node | undefined;
  }

  #find(kind: DesiredKind, key: string): KubeObject | undefined {
    return this.#caches[kind].get(key) ?? this.#before?.[kind].get(key);
  }
}

type Caches = Record<DesiredKind, Map<string, KubeObject>>;

function emptyCaches(): Caches {
  return {
    pods: new Map(),
    configmaps: new Map(),
    secrets: new Map(),
    services: new Map(),
    endpointslices: new Map(),
    nodes: new Map(),
    networkpolicies: new Map(),
    namespaces: new Map(),
    policypeers: new Map(),
    peers: new Map(),
    clusternetworks: new Map(),
  };
}
