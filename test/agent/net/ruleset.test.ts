/** Whatever happens to Services in whatever order: the changes lead to the same table as if it were made anew. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNft } from "../../../src/agent/net/nft.ts";
import { type RuleChanges, RuleSet } from "../../../src/agent/net/ruleset.ts";
import { serviceRules } from "../../../src/agent/net/service-rules.ts";
import { changesText, type TableOptions, tableText } from "../../../src/agent/net/table.ts";
import type { ServiceSpec } from "../../../src/machinery/types/core/v1.ts";
import { describeNetwork, namespaceName } from "./network-gate.ts";
import { serviceOf, sliceOf } from "./objects.ts";

interface Step {
  readonly name: string;
  /** Absent: the Service goes. */
  readonly spec?: Partial<ServiceSpec>;
  readonly endpoints: readonly number[];
}

// Few names, addresses and ports, so that Services get into each other's way.
const endpoints = fc.uniqueArray(fc.integer({ min: 2, max: 6 }), { maxLength: 4 });
const spec: fc.Arbitrary<Partial<ServiceSpec>> = fc.record({
  type: fc.constantFrom("ClusterIP", "NodePort"),
  clusterIP: fc.constantFrom("10.43.0.1", "10.43.0.2", "10.43.0.3"),
  externalIPs: fc.subarray(["192.0.2.1", "192.0.2.2"]),
  sessionAffinity: fc.constantFrom("None", "ClientIP"),
  internalTrafficPolicy: fc.constantFrom("Cluster", "Local"),
  externalTrafficPolicy: fc.constantFrom("Cluster", "Local"),
  ports: fc.constantFrom(30_000, 30_001).map((nodePort) => [{ name: "http", port: 80, protocol: "TCP", nodePort }]),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name: fc.constantFrom("a", "b", "c"), spec, endpoints }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constantFrom("a", "b", "c"), endpoints: fc.constant([]) }) },
);

function take(rules: RuleSet, { name, spec: wanted, endpoints: hosts }: Step): void {
  const context = { family: "ip", nodeName: "n1", podInterface: "kl-pods" } as const;
  const nodes = hosts.map((host) => ({ ip: `10.42.0.${host}`, node: host % 2 ? "n1" : "n2" }));
  rules.replace(name, wanted && serviceRules(serviceOf(name, wanted), [sliceOf(name, nodes)], context));
}

/** What the kernel would hold. It refuses what contradicts itself, as the kernel does. */
class Model {
  readonly chains = new Map<string, readonly string[]>();
  readonly elements = new Map<string, string>();
  readonly sets = new Map<string, number>();

  apply(changes: RuleChanges): void {
    for (const [name, seconds] of changes.affinityAdded) {
      expect(this.sets.has(name)).toBe(false);
      this.sets.set(name, seconds);
    }
    for (const name of changes.chainsAdded) expect(this.chains.has(name)).toBe(false);
    for (const [name, rules] of changes.chainRules) {
      expect(this.chains.has(name) || changes.chainsAdded.includes(name)).toBe(true);
      this.chains.set(name, rules);
    }
    for (const { container, key } of changes.elementsRemoved) {
      expect(this.elements.delete(`${container} ${key}`)).toBe(true);
    }
    for (const { container, key, verdict } of changes.elementsAdded) {
      expect(this.elements.has(`${container} ${key}`)).toBe(false);
      this.elements.set(`${container} ${key}`, verdict);
    }
    for (const name of changes.chainsRemoved) expect(this.chains.delete(name)).toBe(true);
    for (const name of changes.affinityRemoved) expect(this.sets.delete(name)).toBe(true);
    for (const verdict of this.elements.values()) {
      if (verdict.startsWith("goto ") && verdict !== "goto reject-new")
        expect(this.chains.has(verdict.slice(5))).toBe(true);
    }
  }
}

const sorted = (model: Model) => [model.chains, model.elements, model.sets].map((map) => [...map].sort());

test("changes add up to the whole", () => {
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), (batches) => {
      const rules = new RuleSet();
      const model = new Model();
      for (const batch of batches) {
        for (const one of batch) take(rules, one);
        const changes = rules.takeChanges();
        if (changes) model.apply(changes);
        expect(rules.takeChanges()).toBeUndefined();
      }
      const whole = new Model();
      whole.apply(rules.takeAll());
      expect(sorted(model)).toEqual(sorted(whole));
    }),
    { numRuns: 300 },
  );
});

test("two Services that want one address: the first has it, and the other after it", () => {
  const rules = new RuleSet();
  take(rules, { name: "a", spec: { externalIPs: ["192.0.2.1"], clusterIP: "10.43.0.1" }, endpoints: [2] });
  take(rules, { name: "b", spec: { externalIPs: ["192.0.2.1"], clusterIP: "10.43.0.2" }, endpoints: [3] });
  const verdict = (changes: RuleChanges | undefined) =>
    changes?.elementsAdded.find(({ key }) => key === "192.0.2.1 . tcp . 80")?.verdict;
  expect(verdict(rules.takeChanges())).toBe("goto ext/default/a/tcp/80");
  take(rules, { name: "a", endpoints: [] });
  expect(verdict(rules.takeChanges())).toBe("goto ext/default/b/tcp/80");
});

describeNetwork("in the kernel", () => {
  const namespace = namespaceName();
  const nft = createNft(["ip", "netns", "exec", namespace, "nft"]);
  const table = (name: string): TableOptions => ({
    family: "ip",
    name,
    podInterface: "kl-pods",
    podCidr: "10.42.0.0/24",
    clusterCidr: "10.42.0.0/16",
    bridgeFiltered: true,
    routesLoopback: true,
  });
  beforeAll(() => {
    execFileSync("ip", ["netns", "add", namespace]);
  });
  afterAll(() => {
    execFileSync("ip", ["netns", "del", namespace]);
  });

  /** Chains, maps and sets in the order of their names, elements in the order of theirs. */
  function listing(name: string): string[] {
    const text = execFileSync("ip", ["netns", "exec", namespace, "nft", "-j", "list", "table", "ip", name], {
      encoding: "utf8",
    });
    const { nftables } = JSON.parse(text) as { nftables: Record<string, Record<string, unknown>>[] };
    return nftables
      .filter((entry) => !entry.metainfo)
      .map((entry) => {
        const [[kind, value] = ["", {}]] = Object.entries(entry);
        const { handle: _, elem, ...rest } = value as { handle: number; elem?: unknown[] };
        const elements = elem?.map((one) => JSON.stringify(one)).sort();
        return `${kind} ${JSON.stringify(rest)} ${elements ?? ""}`.replaceAll(name, "TABLE");
      })
      .sort();
  }

  test("the kernel takes each change, and holds the same as after the whole", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 6 }), async (batches) => {
        const rules = new RuleSet();
        await nft.apply(tableText(table("kl-changed"), rules.takeAll()));
        for (const batch of batches) {
          for (const one of batch) take(rules, one);
          const changes = rules.takeChanges();
          if (changes) await nft.apply(changesText(table("kl-changed"), changes));
        }
        await nft.apply(tableText(table("kl-whole"), rules.takeAll()));
        expect(listing("kl-changed")).toEqual(listing("kl-whole"));
      }),
      { numRuns: 12 },
    );
  });

  test("a refused change says why and leaves all as it was", async () => {
    await nft.apply("add table ip kl-kept\nadd chain ip kl-kept a\n");
    await expect(nft.apply("delete chain ip kl-kept a\nadd rule ip kl-kept missing drop\n")).rejects.toThrow(/Error/);
    expect(listing("kl-kept").some((line) => line.includes('"name":"a"'))).toBe(true);
    expect(await nft.hasTable("ip", "kl-kept")).toBe(false);
    expect(await nft.hasTable("ip", "kl-changed")).toBe(true);
  });
});
