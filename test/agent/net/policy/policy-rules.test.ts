import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePolicy } from "../../../../src/agent/net/policy/compile.ts";
import { policyPod } from "../../../../src/agent/net/policy/policy-pod.ts";
import { PolicyRules } from "../../../../src/agent/net/policy/policy-rules.ts";
import { keyOf } from "../../../../src/machinery/meta/object.ts";
import type { Namespace, Pod } from "../../../../src/machinery/types/core/v1.ts";
import type { NetworkPolicy } from "../../../../src/machinery/types/networking/v1.ts";
import * as arbitrary from "./arbitrary.ts";
import { passes } from "./interpreter.ts";
import { type ClusterPicture, type Connection, isAllowed, mayEnter, mayLeave } from "./reference.ts";

type Step =
  | { readonly kind: "policy"; readonly object: NetworkPolicy }
  | { readonly kind: "namespace"; readonly object: Namespace }
  | { readonly kind: "pod"; readonly object: Pod }
  | { readonly kind: "remove"; readonly what: "policy" | "pod"; readonly key: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: arbitrary.policy.map((object) => ({ kind: "policy" as const, object })) },
  { weight: 4, arbitrary: arbitrary.pod.map((object) => ({ kind: "pod" as const, object })) },
  { weight: 1, arbitrary: arbitrary.namespace.map((object) => ({ kind: "namespace" as const, object })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("policy red/p1", "policy blue/p2", "pod red/pod-0", "pod blue/pod-4").map((text) => ({
      kind: "remove" as const,
      what: text.split(" ")[0] as "policy" | "pod",
      key: text.split(" ")[1] ?? "",
    })),
  },
);

class World {
  readonly policies = new Map<string, NetworkPolicy>();
  readonly namespaces = new Map<string, Namespace>();
  readonly pods = new Map<string, Pod>();
  readonly nodes = arbitrary.nodeNames.map((name) => new PolicyRules(name));

  take(step: Step): void {
    for (const rules of this.nodes) this.#tell(rules, step);
    if (step.kind === "remove") (step.what === "policy" ? this.policies : this.pods).delete(step.key);
    else if (step.kind === "policy") this.policies.set(keyOf(step.object), step.object);
    else if (step.kind === "namespace") this.namespaces.set(keyOf(step.object), step.object);
    else this.pods.set(keyOf(step.object), step.object);
  }

  #tell(rules: PolicyRules, step: Step): void {
    if (step.kind === "remove") {
      if (step.what === "policy") rules.setPolicy(step.key, undefined);
      else rules.setPod(step.key, undefined);
    } else if (step.kind === "policy") rules.setPolicy(keyOf(step.object), compilePolicy(step.object));
    else if (step.kind === "namespace") rules.setNamespace(keyOf(step.object), step.object.metadata.labels ?? {});
    else rules.setPod(keyOf(step.object), policyPod(step.object));
  }

  get picture(): ClusterPicture {
    return { policies: [...this.policies.values()], namespaces: [...this.namespaces.values()] };
  }

  *connections(): Iterable<Connection> {
    const ends: { pod: Pod | undefined; ip: string }[] = [...this.pods.values()].map((pod) => ({ pod, ip: ipOf(pod) }));
    ends.push({ pod: undefined, ip: "192.0.2.9" });
    for (const from of ends) {
      for (const to of ends) {
        for (const [protocol, port] of [
          ["TCP", 80],
          ["TCP", 8080],
          ["UDP", 80],
          ["SCTP", 80],
          ["TCP", 91],
        ] as const) {
          yield { from: from.pod, fromIp: from.ip, to: to.pod, toIp: to.ip, protocol, port };
        }
      }
    }
  }
}

const ipOf = (pod: Pod): string => pod.status?.podIPs?.[0]?.ip ?? "";

test("whatever comes in whatever order, the rules allow what the policies do, each node for its own pods", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), fc.boolean(), (steps, always) => {
      const world = new World();
      for (const name of arbitrary.namespaceNames) world.take({ kind: "namespace", object: { metadata: { name } } });
      for (const one of steps) {
        world.take(one);
        // Whether the state is asked for in between must not matter.
        if (always) for (const rules of world.nodes) rules.state();
      }
      const states = world.nodes.map((rules) => rules.state());
      for (const connection of world.connections()) {
        const { fromIp, toIp, protocol, port } = connection;
        const packet = { fromIp, toIp, protocol: protocol.toLowerCase() as "tcp" | "udp" | "sctp", port };
        const leaves = states.every((state) => passes(state, "egress", packet));
        const enters = states.every((state) => passes(state, "ingress", packet));
        expect([leaves, enters], JSON.stringify(connection)).toEqual([
          mayLeave(world.picture, connection),
          mayEnter(world.picture, connection),
        ]);
        if (fromIp !== toIp) expect(leaves && enters).toBe(isAllowed(world.picture, connection));
      }
      for (const [index, state] of states.entries()) {
        const own = new Set(
          [...world.pods.values()].filter((pod) => pod.spec?.nodeName === arbitrary.nodeNames[index]).map(ipOf),
        );
        for (const ip of [...state.ingress.keys(), ...state.egress.keys()]) expect(own).toContain(ip);
      }
    }),
    { numRuns: 300 },
  );
});

test("an own pod is isolated before the cluster knows its address, and an address that is given on has the new pod's rules", () => {
  const rules = new PolicyRules("n1");
  rules.setNamespace("red", {});
  const deny: NetworkPolicy = {
    metadata: { name: "deny", namespace: "red" },
    spec: { podSelector: { matchLabels: { app: "a" } }, policyTypes: ["Ingress"] },
  };
  rules.setPolicy("red/deny", compilePolicy(deny));
  const first = arbitrary.podOf(0, { app: "a" });
  rules.setOwnPod(policyPod({ ...first, status: {} }, ["10.42.0.9"]));
  expect(rules.state().ingress.get("10.42.0.9")?.rules).toEqual(["drop"]);
  rules.setOwnPod(policyPod({ ...arbitrary.podOf(2, { app: "b" }), status: {} }, ["10.42.0.9"]));
  expect(rules.state().ingress.size).toBe(0);
});

test("of two pods with one address the later has it, and keeps it when the earlier goes", () => {
  const rules = new PolicyRules("n1");
  rules.setPolicy(
    "red/deny",
    compilePolicy({
      metadata: { name: "deny", namespace: "red" },
      spec: { podSelector: { matchLabels: { app: "a" } } },
    }),
  );
  const old = { ...policyPod(arbitrary.podOf(0, { app: "b" })), ips: ["10.42.0.9"] };
  const later = { ...policyPod(arbitrary.podOf(2, { app: "a" })), ips: ["10.42.0.9"] };
  rules.setPod(old.key, old);
  rules.setPod(later.key, later);
  rules.setPod(old.key, undefined);
  expect([...rules.state().ingress.keys()]).toEqual(["10.42.0.9"]);
});

test("one change of one pod among many is cheap", () => {
  const rules = new PolicyRules("n1");
  for (let index = 0; index < 40; index++) {
    const selector = { matchLabels: { app: `app-${index}` } };
    rules.setPolicy(
      `red/p${index}`,
      compilePolicy({
        metadata: { name: `p${index}`, namespace: "red" },
        spec: {
          podSelector: selector,
          ingress: [{ from: [{ podSelector: { matchLabels: { app: `app-${(index + 1) % 40}` } } }] }],
        },
      }),
    );
  }
  const pod = (index: number) => ({
    key: `red/pod-${index}`,
    namespace: "red",
    labels: { app: `app-${index % 40}` },
    ips: [`10.42.${index >> 8}.${index & 255}`],
    nodeName: index < 100 ? "n1" : "n2",
    ports: [],
  });
  for (let index = 0; index < 5000; index++) rules.setPod(`red/pod-${index}`, pod(index));
  rules.state();
  const started = performance.now();
  for (let index = 1000; index < 1200; index++) {
    rules.setPod(`red/pod-${index}`, undefined);
    rules.setPod(`red/pod-${index}`, pod(index));
    rules.state();
  }
  expect((performance.now() - started) / 400).toBeLessThan(1);
});
