/**
 * All Services' rules together, and what changed of them since they were last handed out. Two Services may want the same
 * address and port (an external IP, a cluster IP that moves from one to the next): the first has it, and the other gets it
 * when the first gives it up.
 */
import type { Container, Fragment } from "./fragment.ts";

export interface Element {
  readonly container: Container;
  readonly key: string;
  readonly verdict: string;
}

export interface RuleChanges {
  readonly chainsAdded: readonly string[];
  /** New ones too. */
  readonly chainRules: ReadonlyMap<string, readonly string[]>;
  readonly chainsRemoved: readonly string[];
  readonly elementsAdded: readonly Element[];
  readonly elementsRemoved: readonly Element[];
  readonly affinityAdded: ReadonlyMap<string, number>;
  readonly affinityRemoved: readonly string[];
}

interface Claim {
  readonly owner: string;
  readonly verdict: string;
}

export class RuleSet {
  readonly #fragments = new Map<string, Fragment>();
  readonly #claims = new Map<Container, Map<string, Claim[]>>();
  readonly #chains = new Map<string, readonly string[]>();
  readonly #affinity = new Map<string, number>();
  /** What was there when changes were last taken; undefined: nothing. */
  #elementsBefore = new Map<Container, Map<string, string | undefined>>();
  #chainsBefore = new Map<string, readonly string[] | undefined>();
  #affinityBefore = new Map<string, number | undefined>();

  /** `fragment` undefined: the owner has gone. */
  replace(owner: string, fragment: Fragment | undefined): void {
    const old = this.#fragments.get(owner);
    if (fragment) this.#fragments.set(owner, fragment);
    else this.#fragments.delete(owner);

    for (const name of old?.chains.keys() ?? []) if (!fragment?.chains.has(name)) this.#setChain(name, undefined);
    for (const [name, rules] of fragment?.chains ?? []) this.#setChain(name, rules);
    for (const name of old?.affinity.keys() ?? [])
      if (!fragment?.affinity.has(name)) this.#setAffinity(name, undefined);
    for (const [name, seconds] of fragment?.affinity ?? []) this.#setAffinity(name, seconds);
    for (const [container, elements] of old?.elements ?? []) {
      const now = fragment?.elements.get(container);
      for (const key of elements.keys()) if (!now?.has(key)) this.#claim(container, key, owner, undefined);
    }
    for (const [container, elements] of fragment?.elements ?? []) {
      for (const [key, verdict] of elements) this.#claim(container, key, owner, verdict);
    }
  }

  owners(): Iterable<string> {
    return this.#fragments.keys();
  }

  /** Undefined where nothing changed. */
  takeChanges(): RuleChanges | undefined {
    const chainsAdded: string[] = [];
    const chainRules = new Map<string, readonly string[]>();
    const chainsRemoved: string[] = [];
    for (const [name, before] of this.#chainsBefore) {
      const now = this.#chains.get(name);
      if (now === undefined) {
        if (before !== undefined) chainsRemoved.push(name);
      } else if (before === undefined || !sameRules(before, now)) {
        chainRules.set(name, now);
        if (before === undefined) chainsAdded.push(name);
      }
    }
    const elementsAdded: Element[] = [];
    const elementsRemoved: Element[] = [];
    for (const [container, keys] of this.#elementsBefore) {
      for (const [key, before] of keys) {
        const now = this.#verdict(container, key);
        if (now === before) continue;
        if (before !== undefined) elementsRemoved.push({ container, key, verdict: before });
        if (now !== undefined) elementsAdded.push({ container, key, verdict: now });
      }
    }
    const affinityAdded = new Map<string, number>();
    const affinityRemoved: string[] = [];
    for (const [name, before] of this.#affinityBefore) {
      const now = this.#affinity.get(name);
      if (now === before) continue;
      if (before !== undefined) affinityRemoved.push(name);
      if (now !== undefined) affinityAdded.set(name, now);
    }
    this.#forget();
    const count = chainRules.size + chainsRemoved.length + elementsAdded.length + elementsRemoved.length;
    if (count + affinityAdded.size + affinityRemoved.length === 0) return undefined;
    return {
      chainsAdded,
      chainRules,
      chainsRemoved,
      elementsAdded,
      elementsRemoved,
      affinityAdded,
      affinityRemoved,
    };
  }

  /** Everything, as the changes that an empty table needs. Nothing counts as changed afterwards. */
  takeAll(): RuleChanges {
    this.#forget();
    const elementsAdded: Element[] = [];
    for (const [container, keys] of this.#claims) {
      for (const [key, [first]] of keys) if (first) elementsAdded.push({ container, key, verdict: first.verdict });
    }
    return {
      chainsAdded: [...this.#chains.keys()],
      chainRules: new Map(this.#chains),
      chainsRemoved: [],
      elementsAdded,
      elementsRemoved: [],
      affinityAdded: new Map(this.#affinity),
      affinityRemoved: [],
    };
  }

  #forget(): void {
    this.#elementsBefore = new Map();
    this.#chainsBefore = new Map();
    this.#affinityBefore = new Map();
  }

  #setChain(name: string, rules: readonly string[] | undefined): void {
    if (!this.#chainsBefore.has(name)) this.#chainsBefore.set(name, this.#chains.get(name));
    if (rules) this.#chains.set(name, rules);
    else this.#chains.delete(name);
  }

  #setAffinity(name: string, seconds: number | undefined): void {
    if (!this.#affinityBefore.has(name)) this.#affinityBefore.set(name, this.#affinity.get(name));
    if (seconds !== undefined) this.#affinity.set(name, seconds);
    else this.#affinity.delete(name);
  }

  #verdict(container: Container, key: string): string | undefined {
    return this.#claims.get(container)?.get(key)?.[0]?.verdict;
  }

  /** An owner keeps its place in the queue when only its verdict changes. */
  #claim(container: Container, key: string, owner: string, verdict: string | undefined): void {
    const before = getOrMake(this.#elementsBefore, container);
    if (!before.has(key)) before.set(key, this.#verdict(container, key));
    const keys = getOrMake(this.#claims, container);
    const claims = keys.get(key) ?? [];
    const index = claims.findIndex((claim) => claim.owner === owner);
    if (verdict === undefined) {
      if (index >= 0) claims.splice(index, 1);
    } else if (index >= 0) claims[index] = { owner, verdict };
    else claims.push({ owner, verdict });
    if (claims.length > 0) keys.set(key, claims);
    else keys.delete(key);
  }
}

function getOrMake<K, A, B>(maps: Map<K, Map<A, B>>, key: K): Map<A, B> {
  let map = maps.get(key);
  if (!map) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}

function sameRules(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((rule, index) => rule === b[index]);
}
