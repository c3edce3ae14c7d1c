/** Small clusters with policies, of so few labels, ports and addresses that they often meet. */
import fc from "fast-check";
import type { Namespace, Pod } from "../../../../src/machinery/types/core/v1.ts";
import type { LabelSelector } from "../../../../src/machinery/types/meta/v1.ts";
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from "../../../../src/machinery/types/networking/v1.ts";

export const namespaceNames = ["red", "blue"] as const;
export const nodeNames = ["n1", "n2"] as const;
const keys = ["app", "tier"] as const;
const values = ["a", "b"] as const;

export const labels = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values), { maxKeys: 2 });

const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  labels.map((matchLabels) => ({ matchLabels })),
  fc
    .record({
      key: fc.constantFrom(...keys),
      operator: fc.constantFrom("In", "NotIn"),
      values: fc.uniqueArray(fc.constantFrom(...values), { minLength: 1 }),
    })
    .map((expression) => ({ matchExpressions: [expression] })),
  fc
    .record({ key: fc.constantFrom(...keys), operator: fc.constantFrom("Exists", "DoesNotExist") })
    .map((expression) => ({ matchExpressions: [expression] })),
);

const peer: fc.Arbitrary<NetworkPolicyPeer> = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  fc.constantFrom<NetworkPolicyPeer>(
    { ipBlock: { cidr: "10.42.0.0/16" } },
    { ipBlock: { cidr: "10.42.1.7/24", except: ["10.42.1.2/32"] } },
    { ipBlock: { cidr: "0.0.0.0/0", except: ["10.42.0.0/24", "10.42.0.0/25", "192.0.2.0/24"] } },
    { ipBlock: { cidr: "fd00::/8" } },
  ),
);

const port: fc.Arbitrary<NetworkPolicyPort> = fc.constantFrom<NetworkPolicyPort>(
  { port: 80 },
  { port: 80, protocol: "UDP" },
  { port: 79, endPort: 90, protocol: "TCP" },
  { port: 85, endPort: 8080, protocol: "TCP" },
  { port: "web", protocol: "TCP" },
  { port: "web" },
  { port: "dns", protocol: "UDP" },
  { protocol: "UDP" },
  { protocol: "SCTP", port: 80 },
);

const some = <T>(one: fc.Arbitrary<T>) => fc.option(fc.array(one, { maxLength: 2 }), { nil: undefined });
const present = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

const spec = fc
  .record({
    podSelector: selector,
    ingress: some(fc.record({ from: some(peer), ports: some(port) }).map(present)),
    egress: some(fc.record({ to: some(peer), ports: some(port) }).map(present)),
    policyTypes: fc.constantFrom<NetworkPolicySpec["policyTypes"]>(
      undefined,
      ["Ingress"],
      ["Egress"],
      ["Ingress", "Egress"],
    ),
  })
  .map((parts) => present(parts) as NetworkPolicySpec);

export const policy: fc.Arbitrary<NetworkPolicy> = fc
  .record({ name: fc.constantFrom("p1", "p2", "p3"), namespace: fc.constantFrom(...namespaceNames), spec })
  .map(({ name, namespace, spec }) => ({ metadata: { name, namespace }, spec }));

export const namespace: fc.Arbitrary<Namespace> = fc
  .record({ name: fc.constantFrom(...namespaceNames), labels })
  .map((metadata) => ({ metadata }));

const ports = [
  [],
  [{ name: "web", containerPort: 80, protocol: "TCP" }],
  [
    { name: "web", containerPort: 8080, protocol: "TCP" },
    { name: "dns", containerPort: 80, protocol: "UDP" },
  ],
];

/** Peers as they arrive. One address is one pod's: the address follows from the name. */
export const pod: fc.Arbitrary<Pod> = fc
  .record({
    index: fc.integer({ min: 0, max: 5 }),
    labels,
    ports: fc.constantFrom(...ports),
  })
  .map(({ index, labels, ports }) => podOf(index, labels, ports));

export function podOf(
  index: number,
  labels: Record<string, string>,
  ports: NonNullable<NonNullable<Pod["spec"]>["containers"][number]["ports"]> = [],
): Pod {
  const node = index % 2;
  return {
    metadata: { name: `pod-${index}`, namespace: namespaceNames[index < 3 ? 0 : 1], labels },
    spec: { nodeName: nodeNames[node] ?? "", containers: [{ name: "c", image: "x", ports }] },
    status: { podIPs: [{ ip: `10.42.${node}.${index + 2}` }] },
  };
}
