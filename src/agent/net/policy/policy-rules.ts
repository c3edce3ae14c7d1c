/**
 * All rules for this node's pods: a pure function of the policies, namespaces and pods that it has been told of, kept up to date
 * step by step. A pod that no policy chooses has no rules.
 */

import type { CompiledPolicy } from "./compile.ts";
import type { CountedSet } from "./counted-set.ts";
import { PeerSets } from "./peer-sets.ts";
import type { PolicyPod } from "./policy-pod.ts";
import { type Direction, type Profile, profileOf } from "./profile.ts";

type Labels = Readonly<Record<string, string>>;

/** What the kernel is to have. */
export interface PolicyState {
  /** Of this node's isolated pods, by address. */
  readonly ingress: ReadonlyMap<string, Profile>;
  readonly egress: ReadonlyMap<string, Profile>;
  readonly sets: ReadonlyMap<string, CountedSet>;
}

export class PolicyRules {
  readonly #nodeName: string;
  readonly #policies = new Map<string, CompiledPolicy>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #pods = new Map<string, PolicyPod>();
  /** This node's pods by address: the last one that was given it. */
  readonly #own = new Map<string, PolicyPod>();
  readonly #sets: PeerSets;
  #state: PolicyState | undefined;

  constructor(nodeName: string) {
    this.#nodeName = nodeName;
    this.#sets = new PeerSets({
      pods: () => this.#pods.values(),
      namespaceLabels: (name) => this.#namespaces.get(name),
    });
  }

  setPolicy(key: string, policy: CompiledPolicy | undefined): void {
    if (policy) this.#policies.set(key, policy);
    else this.#policies.delete(key);
    this.#state = undefined;
  }

  setNamespace(name: string, labels: Labels | undefined): void {
    if (labels) this.#namespaces.set(name, labels);
    else this.#namespaces.delete(name);
    for (const pod of this.#pods.values()) if (pod.namespace === name) this.#sets.podChanged(pod.key, pod);
  }

  setPod(key: string, pod: PolicyPod | undefined): void {
    const before = this.#pods.get(key);
    if (pod) this.#pods.set(key, pod);
    else this.#pods.delete(key);
    this.#sets.podChanged(key, pod);
    for (const ip of before?.ips ?? []) {
      if (this.#own.get(ip)?.key === key) this.#own.delete(ip);
    }
    if (pod?.nodeName === this.#nodeName) this.setOwnPod(pod);
    if (before?.nodeName === this.#nodeName) this.#state = undefined;
  }

  /** A pod of this node whose addresses the cluster may not know yet. */
  setOwnPod(pod: PolicyPod): void {
    for (const ip of pod.ips) this.#own.set(ip, pod);
    this.#state = undefined;
  }

  state(): PolicyState {
    this.#state ??= this.#compute();
    return this.#state;
  }

  #compute(): PolicyState {
    const [ingress, egress] = [this.#profiles("ingress"), this.#profiles("egress")];
    this.#sets.use([...ingress.values(), ...egress.values()]);
    return { ingress, egress, sets: this.#sets.sets() };
  }

  /** Pods that the same policies choose share the work. */
  #profiles(direction: Direction): Map<string, Profile> {
    const known = new Map<string, Profile>();
    const profiles = new Map<string, Profile>();
    const policies = [...this.#policies].filter(([, policy]) => policy[direction]);
    for (const [ip, { namespace, labels }] of this.#own) {
      const chosen = policies.filter(([, policy]) => policy.namespace === namespace && policy.pods.matches(labels));
      if (chosen.length === 0) continue;
      const key = chosen.map(([name]) => name).join(" ");
      const profile =
        known.get(key) ??
        profileOf(
          direction,
          chosen.flatMap(([, policy]) => policy[direction] ?? []),
        );
      known.set(key, profile);
      profiles.set(ip, profile);
    }
    return profiles;
  }
}
