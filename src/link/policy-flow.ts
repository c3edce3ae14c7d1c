/**
 * What nodes need for NetworkPolicies: the policies, and of all the cluster's pods and namespaces just what policies look
 * at. Pods and namespaces are told only while there is a policy at all, and always before a policy that comes or after one
 * that goes, so that no policy is ever seen without those whom it lets in.
 */
import type { DesiredKind, DesiredStateSink } from "../../proto/agent.ts";
import type { Informer, InformerFactory } from "../api/client/types.ts";
import type { KubeObject } from "../machinery/meta/object.ts";
import type { Namespace, Pod } from "../machinery/types/core/v1.ts";
import type { NetworkPolicy } from "../machinery/types/networking/v1.ts";
import { peerOf, samePeer } from "./policy-peer.ts";
import * as resources from "./resources.ts";

interface Subscriber {
  readonly sink: DesiredStateSink;
  readonly kinds: ReadonlySet<DesiredKind>;
}

const kindsOfPolicies: readonly DesiredKind[] = ["namespaces", "policypeers", "networkpolicies"];

export class PolicyFlow {
  readonly #policies: Informer<NetworkPolicy>;
  readonly #namespaces: Informer<Namespace>;
  readonly #pods: Informer<Pod>;
  readonly #subscribers = new Map<DesiredStateSink, Subscriber>();
  /** Peers and namespaces have been told to all subscribers. */
  #peersTold = false;
  /** Resolves when all of it can be told. */
  readonly synced: Promise<unknown>;

  /** Before the informers are started. */
  constructor(informers: InformerFactory) {
    this.#policies = informers.informer(resources.networkPolicies);
    this.#namespaces = informers.informer(resources.namespaces);
    this.#pods = informers.informer(resources.pods);
    this.#listen();
    this.synced = Promise.all([this.#policies, this.#namespaces, this.#pods].map((informer) => informer.synced()));
  }

  /** Tells all there is at once, changes from then on. Nothing for those that want none of it. */
  begin(sink: DesiredStateSink, kinds: ReadonlySet<DesiredKind>): void {
    if (!kindsOfPolicies.some((kind) => kinds.has(kind))) return;
    const subscriber = { sink, kinds };
    this.#subscribers.set(sink, subscriber);
    if (!this.#peersTold) return;
    this.#tellPeers(subscriber);
    for (const policy of this.#policies.lister.list()) tell(subscriber, "networkpolicies", policy);
  }

  end(sink: DesiredStateSink): void {
    this.#subscribers.delete(sink);
  }

  #listen(): void {
    const setPolicy = (policy: NetworkPolicy): void => {
      this.#startPeers();
      this.#tell("networkpolicies", policy);
    };
    this.#policies.addHandler({
      add: setPolicy,
      update: setPolicy,
      delete: (policy) => {
        this.#forget("networkpolicies", policy);
        if (this.#policies.lister.list().length === 0) this.#stopPeers();
      },
    });
    const setNamespace = (namespace: Namespace): void => {
      if (this.#peersTold) this.#tell("namespaces", namespace);
    };
    this.#namespaces.addHandler({
      add: setNamespace,
      update: setNamespace,
      delete: (namespace) => {
        if (this.#peersTold) this.#forget("namespaces", namespace);
      },
    });
    this.#pods.addHandler({
      add: (pod) => this.#peerChanged(undefined, pod),
      update: (pod, old) => this.#peerChanged(old, pod),
      delete: (pod) => this.#peerChanged(pod, undefined),
    });
  }

  #peerChanged(before: Pod | undefined, now: Pod | undefined): void {
    if (!this.#peersTold || this.#subscribers.size === 0) return;
    const old = before && peerOf(before);
    const peer = now && peerOf(now);
    if (peer) {
      if (!old || !samePeer(old, peer)) this.#tell("policypeers", peer);
    } else if (old) this.#forget("policypeers", old);
  }

  #startPeers(): void {
    if (this.#peersTold) return;
    this.#peersTold = true;
    for (const subscriber of this.#subscribers.values()) this.#tellPeers(subscriber);
  }

  #stopPeers(): void {
    if (!this.#peersTold) return;
    for (const pod of this.#pods.lister.list()) {
      const peer = peerOf(pod);
      if (peer) this.#forget("policypeers", peer);
    }
    for (const namespace of this.#namespaces.lister.list()) this.#forget("namespaces", namespace);
    this.#peersTold = false;
  }

  #tellPeers(subscriber: Subscriber): void {
    for (const namespace of this.#namespaces.lister.list()) tell(subscriber, "namespaces", namespace);
    if (!subscriber.kinds.has("policypeers")) return;
    for (const pod of this.#pods.lister.list()) {
      const peer = peerOf(pod);
      if (peer) tell(subscriber, "policypeers", peer);
    }
  }

  #tell(kind: DesiredKind, object: KubeObject): void {
    for (const subscriber of this.#subscribers.values()) tell(subscriber, kind, object);
  }

  #forget(kind: DesiredKind, { metadata: { namespace = "", name = "" } }: KubeObject): void {
    for (const { sink, kinds } of this.#subscribers.values())
      if (kinds.has(kind)) sink.remove(kind, { namespace, name });
  }
}

function tell({ sink, kinds }: Subscriber, kind: DesiredKind, object: KubeObject): void {
  if (kinds.has(kind)) sink.set(kind, object);
}
