/** The cluster's NetworkPolicies, and the pods and namespaces they speak of, as the server tells of them. */
import type { DesiredKind, DesiredStateSink } from "../../../../proto/agent.ts";
import { type KubeObject, keyOf } from "../../../machinery/meta/object.ts";
import type { Namespace, Pod } from "../../../machinery/types/core/v1.ts";
import type { NetworkPolicy } from "../../../machinery/types/networking/v1.ts";
import { compilePolicy } from "./compile.ts";
import { policyPod } from "./policy-pod.ts";
import type { PolicyRules } from "./policy-rules.ts";

export const policyKinds: readonly DesiredKind[] = ["namespaces", "policypeers", "networkpolicies"];

export class PolicyDirectory implements DesiredStateSink {
  readonly #rules: PolicyRules;
  readonly #changed: () => void;
  readonly #known = new Set<string>();
  /** What was known before a reset and has not been told again yet. */
  #untold: Set<string> | undefined;
  #synced = false;

  constructor(rules: PolicyRules, changed: () => void) {
    this.#rules = rules;
    this.#changed = changed;
  }

  get isSynced(): boolean {
    return this.#synced;
  }

  reset(): void {
    this.#untold = new Set([...(this.#untold ?? []), ...this.#known]);
  }

  set(kind: DesiredKind, object: KubeObject): void {
    const key = keyOf(object);
    if (kind === "networkpolicies") this.#rules.setPolicy(key, compilePolicy(object as NetworkPolicy));
    else if (kind === "namespaces") this.#rules.setNamespace(key, (object as Namespace).metadata.labels ?? {});
    else if (kind === "policypeers") this.#rules.setPod(key, policyPod(object as Pod));
    this.#known.add(`${kind} ${key}`);
    this.#untold?.delete(`${kind} ${key}`);
    this.#changed();
  }

  remove(kind: DesiredKind, { namespace, name }: { readonly namespace: string; readonly name: string }): void {
    this.#remove(kind, namespace ? `${namespace}/${name}` : name);
    this.#changed();
  }

  synced(): void {
    const untold = this.#untold;
    this.#untold = undefined;
    for (const entry of untold ?? []) {
      const space = entry.indexOf(" ");
      this.#remove(entry.slice(0, space) as DesiredKind, entry.slice(space + 1));
    }
    this.#synced = true;
    this.#changed();
  }

  #remove(kind: DesiredKind, key: string): void {
    if (kind === "networkpolicies") this.#rules.setPolicy(key, undefined);
    else if (kind === "namespaces") this.#rules.setNamespace(key, undefined);
    else if (kind === "policypeers") this.#rules.setPod(key, undefined);
    this.#known.delete(`${kind} ${key}`);
  }
}
