import { afterEach, expect, test } from "vitest";
import { deletionConditions } from "../../src/ctrl/namespace/conditions.ts";
import { storedKinds } from "../../src/ctrl/stored-kinds.ts";
import { builtinDefinitions } from "../../src/machinery/kinds/index.ts";
import type { ConfigMap, Namespace, Pod, ServiceAccount } from "../../src/machinery/types/core/v1.ts";
import { podResource, SimulatedCluster } from "./simulated-cluster.ts";

const namespaces = { group: "", version: "v1", resource: "namespaces" };
const configMaps = { group: "", version: "v1", resource: "configmaps" };
const serviceAccounts = { group: "", version: "v1", resource: "serviceaccounts" };

let cluster: SimulatedCluster;
afterEach(() => cluster.stop());

async function start() {
  cluster = new SimulatedCluster();
  // The fake server knows nothing of spec.finalizers: another finalizer keeps the namespace.
  cluster.api.put<Namespace>(namespaces, {
    metadata: { name: "shop", finalizers: ["test.io/kept"] },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  });
  await cluster.run(["namespace", "serviceaccount", "rootca"], builtinDefinitions());
}

const namespace = () => cluster.api.peek<Namespace>(namespaces, "shop");

async function terminate() {
  const current = namespace();
  if (!current) throw new Error("no namespace");
  const metadata = { ...current.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
  cluster.api.put<Namespace>(namespaces, { ...current, metadata, status: { phase: "Terminating" } });
  await cluster.quiet();
}

test("a namespace gets its service account and the CA, and gets them back", async () => {
  await start();
  const read = () => [
    cluster.api.peek<ServiceAccount>(serviceAccounts, "default", "shop")?.metadata.name,
    cluster.api.peek<ConfigMap>(configMaps, "kube-root-ca.crt", "shop")?.data,
  ];
  const expected = ["default", { "ca.crt": "-----BEGIN CERTIFICATE-----\n" }];
  expect(read()).toEqual(expected);
  await cluster.api.resource(serviceAccounts, "shop").delete("default");
  const client = cluster.api.resource<ConfigMap>(configMaps, "shop");
  await client.patch("kube-root-ca.crt", { type: "merge", patch: { data: { "ca.crt": "forged", more: "x" } } });
  await cluster.quiet();
  expect(read()).toEqual(expected);
  const before = cluster.api.revision;
  await cluster.pass(3_600_000);
  expect(cluster.api.revision).toBe(before);
});

test("a deleted namespace is emptied, pods first, says what it waits for, and is finalized", async () => {
  await start();
  cluster.api.put<ConfigMap>(configMaps, { metadata: { name: "settings", namespace: "shop" } });
  cluster.api.put<ConfigMap>(configMaps, { metadata: { name: "held", namespace: "shop", finalizers: ["x.io/y"] } });
  cluster.api.put<ConfigMap>(configMaps, { metadata: { name: "settings", namespace: "other" } });
  const pod = { metadata: { name: "web", namespace: "shop" }, spec: { nodeName: "node-1", containers: [] } };
  cluster.api.put<Pod>(podResource, { ...pod, status: { phase: "Running" } });
  await terminate();
  expect(namespace()?.status).toMatchObject({
    phase: "Terminating",
    conditions: expect.arrayContaining([
      expect.objectContaining({
        type: "NamespaceContentRemaining",
        status: "True",
        reason: "SomeResourcesRemain",
        message: "Some resources are remaining: pods. has 1 resource instances",
      }),
    ]),
  });
  expect(cluster.api.peek(configMaps, "settings", "shop")).toBeDefined();

  await cluster.endTerminating();
  expect(cluster.api.peek(configMaps, "settings", "shop")).toBeUndefined();
  expect(cluster.api.peek(serviceAccounts, "default", "shop")).toBeUndefined();
  expect(namespace()?.status?.conditions).toMatchObject([
    { type: "NamespaceDeletionDiscoveryFailure", status: "False", reason: "ResourcesDiscovered" },
    { type: "NamespaceDeletionGroupVersionParsingFailure", status: "False", reason: "ParsedGroupVersions" },
    { type: "NamespaceDeletionContentFailure", status: "False", reason: "ContentDeleted" },
    {
      type: "NamespaceContentRemaining",
      status: "True",
      message: "Some resources are remaining: configmaps. has 1 resource instances",
    },
    {
      type: "NamespaceFinalizersRemaining",
      status: "True",
      reason: "SomeFinalizersRemain",
      message: "Some content in the namespace has finalizers remaining: x.io/y in 1 resource instances",
    },
  ]);
  expect(namespace()?.spec?.finalizers).toEqual(["kubernetes"]);

  const held = cluster.api.resource<ConfigMap>(configMaps, "shop");
  await held.patch("held", { type: "merge", patch: { metadata: { finalizers: null } } });
  await cluster.pass(10_000);
  const finalized = cluster.api.calls.filter(({ subresource }) => subresource === "finalize");
  expect(finalized.map(({ body }) => (body as Namespace).spec)).toContainEqual({ finalizers: [] });
  expect(cluster.api.peek(configMaps, "settings", "other")).toBeDefined();
});

test("conditions that have not changed are the same list", () => {
  const remaining = { resources: new Map([["pods.", 2]]), finalizers: new Map(), estimate: 30, errors: [] };
  const first = deletionConditions(undefined, remaining, undefined, 0);
  expect(deletionConditions(first, remaining, undefined, 60_000)).toBe(first);
  const next = deletionConditions(first, { ...remaining, resources: new Map([["pods.", 1]]) }, undefined, 60_000);
  expect(next.find(({ type }) => type === "NamespaceContentRemaining")).toMatchObject({
    message: "Some resources are remaining: pods. has 1 resource instances",
    lastTransitionTime: "1970-01-01T00:00:00Z",
  });
});

test("each kind is found once, whatever its views", () => {
  const kinds = storedKinds(builtinDefinitions());
  const names = kinds.map(({ group, resource }) => `${resource}.${group}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain("deployments.apps");
  expect(names.filter((name) => name.startsWith("events."))).toHaveLength(1);
  expect(names).not.toContain("subjectaccessreviews.authorization.k8s.io");
});
