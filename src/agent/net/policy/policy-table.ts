/**
 * The table of this node's NetworkPolicies in nft's language. It is there only while a pod is isolated: without policies no
 * packet is looked at. It judges what is forwarded, after the addresses of Services have become those of pods and before a
 * sender is masked. Traffic between a pod and its own node is never forwarded, and always allowed.
 */
import type { CountedSet } from "./counted-set.ts";
import type { PolicyState } from "./policy-rules.ts";
import type { Profile } from "./profile.ts";

export interface PolicyTableOptions {
  readonly name: string;
  /** The bridge of this node's pods. */
  readonly podInterface: string;
}

/** The name of the table that belongs to a pods' bridge. */
export function policyTableName(podInterface: string): string {
  return `${podInterface}-policy`;
}

export const policyChain = "forward";

export function removalText({ name }: Pick<PolicyTableOptions, "name">): string {
  return `add table ip ${name}\ndelete table ip ${name}\n`;
}

/** What is in the kernel. */
export interface AppliedPolicies {
  /** Names of chains by the addresses that lead to them. */
  readonly ingress: ReadonlyMap<string, string>;
  readonly egress: ReadonlyMap<string, string>;
  readonly chains: ReadonlySet<string>;
  readonly sets: ReadonlyMap<string, CountedSet>;
}

export const nothingApplied: AppliedPolicies = {
  ingress: new Map(),
  egress: new Map(),
  chains: new Set(),
  sets: new Map(),
};

export function isIsolating({ ingress, egress }: PolicyState): boolean {
  return ingress.size > 0 || egress.size > 0;
}

export function appliedOf({ ingress, egress, sets }: PolicyState): AppliedPolicies {
  const names = (profiles: ReadonlyMap<string, Profile>) => new Map([...profiles].map(([ip, { name }]) => [ip, name]));
  const applied = { ingress: names(ingress), egress: names(egress), sets };
  return { ...applied, chains: new Set([...applied.ingress.values(), ...applied.egress.values()]) };
}

/** Everything anew, in one transaction. */
export function wholeText(options: PolicyTableOptions, state: PolicyState): string {
  const { name, podInterface } = options;
  const skeleton = `table ip ${name} {
  map egress { type ipv4_addr : verdict; }
  map ingress { type ipv4_addr : verdict; }
  set itself { type ipv4_addr . ipv4_addr; }
  chain ${policyChain} {
    type filter hook forward priority filter - 4; policy accept;
    ct state established,related accept
    ip saddr . ip daddr @itself accept
    iifname "${podInterface}" ip saddr vmap @egress
    oifname "${podInterface}" ip daddr vmap @ingress
  }
}
`;
  return `${removalText(options)}${skeleton}${changesText(options, nothingApplied, state)}`;
}

/**
 * From what is there to what is to be, in an order in which all that is named is there. Takes the sets' changes: where the
 * kernel refuses the text, only the whole helps.
 */
export function changesText({ name: table }: PolicyTableOptions, before: AppliedPolicies, state: PolicyState): string {
  const now = appliedOf(state);
  const lines: string[] = [];
  const elements = (verb: "add" | "delete", container: string, list: readonly string[]): void => {
    if (list.length > 0) lines.push(`${verb} element ip ${table} ${container} { ${list.join(", ")} }`);
  };
  for (const [name, set] of now.sets) {
    const { added, removed } = set.takeChanges();
    const known = before.sets.get(name);
    if (known === set) {
      elements("add", name, added);
      elements("delete", name, removed);
      continue;
    }
    if (known) lines.push(`flush set ip ${table} ${name}`);
    else lines.push(`add set ip ${table} ${name} { type ${set.type}; }`);
    elements("add", name, set.elements);
  }
  const profiles = new Map([...state.ingress.values(), ...state.egress.values()].map((one) => [one.name, one]));
  for (const [name, { rules }] of profiles) {
    if (before.chains.has(name)) continue;
    lines.push(`add chain ip ${table} ${name}`);
    for (const rule of rules) lines.push(`add rule ip ${table} ${name} ${rule}`);
  }
  for (const direction of ["ingress", "egress"] as const) {
    const [old, wanted] = [before[direction], now[direction]];
    const changed = [...wanted].filter(([ip, chain]) => old.get(ip) !== chain);
    const gone = [...old.keys()].filter((ip) => old.get(ip) !== wanted.get(ip));
    elements("delete", direction, gone);
    elements(
      "add",
      direction,
      changed.map(([ip, chain]) => `${ip} : jump ${chain}`),
    );
  }
  const [isolatedBefore, isolated] = [isolatedIn(before), isolatedIn(now)];
  const pair = (ip: string) => `${ip} . ${ip}`;
  elements("add", "itself", [...isolated].filter((ip) => !isolatedBefore.has(ip)).map(pair));
  elements("delete", "itself", [...isolatedBefore].filter((ip) => !isolated.has(ip)).map(pair));
  const unused = [...before.chains].filter((name) => !now.chains.has(name));
  for (const name of unused) lines.push(`flush chain ip ${table} ${name}`);
  for (const name of unused) lines.push(`delete chain ip ${table} ${name}`);
  for (const name of before.sets.keys()) if (!now.sets.has(name)) lines.push(`delete set ip ${table} ${name}`);
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}

function isolatedIn({ ingress, egress }: AppliedPolicies): Set<string> {
  return new Set([...ingress.keys(), ...egress.keys()]);
}
