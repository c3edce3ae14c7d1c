/**
 * Who is in which set: one set for each selector that a rule uses, with the addresses of the pods it chooses, and one for each
 * name of a port, with the addresses and numbers of the pods that have it. A pod that changes costs a match per selector.
 */

import type { PodPeer } from "./compile.ts";
import { CountedSet } from "./counted-set.ts";
import type { PolicyPod } from "./policy-pod.ts";
import type { NamedPort, Profile } from "./profile.ts";

interface Membership {
  readonly set: CountedSet;
  /** The elements that a pod puts in. */
  readonly elementsOf: (pod: PolicyPod) => readonly string[];
  /** What each pod has put in, by its key. */
  readonly members: Map<string, readonly string[]>;
}

export interface PeerSource {
  pods(): Iterable<PolicyPod>;
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined;
}

export class PeerSets {
  readonly #source: PeerSource;
  readonly #sets = new Map<string, Membership>();

  constructor(source: PeerSource) {
    this.#source = source;
  }

  /** Exactly the sets that these rules use. */
  use(profiles: Iterable<Profile>): void {
    const used = new Set<string>();
    for (const { peers, namedPorts } of profiles) {
      for (const [name, peer] of peers) this.#use(name, used, () => this.#peerSet(peer));
      for (const [name, port] of namedPorts) this.#use(name, used, () => portSet(port));
    }
    for (const name of this.#sets.keys()) if (!used.has(name)) this.#sets.delete(name);
  }

  /** The pod has changed, is new, or (`pod` undefined) gone. */
  podChanged(key: string, pod: PolicyPod | undefined): void {
    for (const membership of this.#sets.values()) place(membership, key, pod);
  }

  sets(): ReadonlyMap<string, CountedSet> {
    return new Map([...this.#sets].map(([name, { set }]) => [name, set]));
  }

  #use(name: string, used: Set<string>, make: () => Membership): void {
    used.add(name);
    if (this.#sets.has(name)) return;
    const membership = make();
    for (const pod of this.#source.pods()) place(membership, pod.key, pod);
    this.#sets.set(name, membership);
  }

  #peerSet({ namespace, pods }: PodPeer): Membership {
    const chooses = (pod: PolicyPod): boolean =>
      pods.matches(pod.labels) && namespace(pod.namespace, this.#source.namespaceLabels(pod.namespace));
    return {
      set: new CountedSet("ipv4_addr"),
      elementsOf: (pod) => (chooses(pod) ? pod.ips : []),
      members: new Map(),
    };
  }
}

function portSet({ protocol, name }: NamedPort): Membership {
  return {
    set: new CountedSet("ipv4_addr . inet_service"),
    elementsOf: ({ ips, ports }) =>
      ports
        .filter((port) => port.name === name && port.protocol === protocol)
        .flatMap(({ number }) => ips.map((ip) => `${ip} . ${number}`)),
    members: new Map(),
  };
}

function place({ set, elementsOf, members }: Membership, key: string, pod: PolicyPod | undefined): void {
  const before = members.get(key) ?? [];
  const now = pod ? elementsOf(pod) : [];
  // First in, then out: what stays is never touched.
  for (const element of now) set.add(element);
  for (const element of before) set.remove(element);
  if (now.length > 0) members.set(key, now);
  else members.delete(key);
}
