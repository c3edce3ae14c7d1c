import { afterEach, expect, test } from "vitest";
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import type { GroupVersionResource, KubeObject } from "../../../src/machinery/meta/object.ts";
import type { OwnerReference } from "../../../src/machinery/types/meta/v1.ts";
import { PropagatingCluster } from "./propagating-cluster.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };
const nodes = { group: "", version: "v1", resource: "nodes" };
const leases = { group: "coordination.k8s.io", version: "v1", resource: "leases" };
const deployments = { group: "apps", version: "v1", resource: "deployments" };

let cluster: PropagatingCluster;
afterEach(() => cluster.stop());

async function start(before?: () => void) {
  cluster = new PropagatingCluster();
  before?.();
  // The ReplicaSet controller brings informers that the collector shares; the other kinds it watches itself.
  await cluster.run(["garbagecollector", "replicaset"], builtinDefinitions());
}

function owner(name: string, more: Partial<OwnerReference> = {}): OwnerReference {
  return { apiVersion: "v1", kind: "ConfigMap", name, uid: `uid-${name}`, ...more };
}

function put(name: string, ownerReferences: OwnerReference[] = [], more: Partial<KubeObject["metadata"]> = {}) {
  const metadata = {
    name,
    namespace: "default",
    uid: `uid-${name}`,
    ...(ownerReferences.length ? { ownerReferences } : {}),
  };
  cluster.api.put<KubeObject>(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...metadata, ...more } });
}

const names = (gvr: GroupVersionResource = configMaps) =>
  cluster.api
    .all(gvr)
    .map(({ metadata }) => `${metadata.name}`)
    .sort();
const remove = async (name: string, propagationPolicy: "Background" | "Foreground" | "Orphan") => {
  await cluster.api.resource(configMaps, "default").delete(name, { propagationPolicy });
  await cluster.quiet();
};

test("background: the owner goes at once, its dependents and theirs after it", async () => {
  await start(() => {
    put("a");
    put("b", [owner("a")]);
    put("c", [owner("b")]);
    put("bystander");
  });
  await remove("a", "Background");
  expect(names()).toEqual(["bystander"]);
});

test("an object with another owner stays, without the reference that is lost", async () => {
  await start(() => {
    put("a");
    put("b");
    put("both", [owner("a"), owner("b")]);
  });
  await remove("a", "Background");
  expect(names()).toEqual(["b", "both"]);
  expect(cluster.api.peek(configMaps, "both", "default")?.metadata.ownerReferences).toEqual([owner("b")]);
});

test("orphan: the dependents stay and forget their owner", async () => {
  await start(() => {
    put("a");
    put("b", [owner("a")]);
    put("c", [owner("b")]);
  });
  await remove("a", "Orphan");
  expect(names()).toEqual(["b", "c"]);
  expect(cluster.api.peek(configMaps, "b", "default")?.metadata.ownerReferences).toBeUndefined();
});

test("foreground: the owner waits for those that block it", async () => {
  await start(() => {
    put("a");
    put("blocking", [owner("a", { blockOwnerDeletion: true })], { finalizers: ["test.io/hold"] });
    put("free", [owner("a")]);
    put("below", [owner("blocking", { blockOwnerDeletion: true })]);
  });
  await remove("a", "Foreground");
  expect(names()).toEqual(["a", "blocking"]);
  expect(cluster.api.peek(configMaps, "a", "default")?.metadata.finalizers).toEqual(["foregroundDeletion"]);
  const client = cluster.api.resource(configMaps, "default");
  await client.patch("blocking", { type: "merge", patch: { metadata: { finalizers: null } } });
  await cluster.quiet();
  expect(names()).toEqual([]);
});

test("foreground deletion of two that own each other ends", async () => {
  await start(() => {
    put("a", [owner("b", { blockOwnerDeletion: true })]);
    put("b", [owner("a", { blockOwnerDeletion: true })]);
  });
  await remove("a", "Foreground");
  expect(names()).toEqual([]);
});

test("what was lost while nobody looked is found at the start", async () => {
  await start(() => {
    put("orphan", [owner("never-was")]);
    put("kept");
    put("owned", [owner("kept")]);
  });
  await cluster.quiet();
  expect(names()).toEqual(["kept", "owned"]);
});

test("an owner is looked for live, at the place its reference names, before anything is deleted", async () => {
  await start(() => {
    put("a", [], { uid: "another-uid" });
    put("old", [owner("a")]);
    put("there", [], { namespace: "other" });
    put("near", [owner("there")], { namespace: "other" });
    put("astray", [owner("there")]);
    put("unknown", [owner("x", { apiVersion: "example.com/v1", kind: "Widget" })]);
  });
  await cluster.quiet();
  expect(names()).toEqual(["a", "near", "there", "unknown"]);
  expect(cluster.events).toContain(
    'ConfigMap/astray Warning OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: there, uid: uid-there] does not exist in namespace "default"',
  );
});

test("references with one uid and different names: the one that is right counts", async () => {
  await start(() => {
    put("wrong", [owner("no-such-name", { uid: "uid-a" })]);
    put("right", [owner("a")]);
    put("a");
  });
  await cluster.quiet();
  expect(names()).toEqual(["a", "right"]);
  await remove("a", "Background");
  expect(names()).toEqual([]);
});

test("cluster-scoped owners of namespaced objects, but not the other way round", async () => {
  await start(() => {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "node-1", uid: "uid-node" } };
    cluster.api.put<KubeObject>(nodes, node);
    const reference = owner("node-1", { kind: "Node", uid: "uid-node" });
    const metadata = { name: "node-1", namespace: "kube-node-lease", ownerReferences: [reference] };
    cluster.api.put<KubeObject>(leases, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata });
    const astray = { name: "node-2", ownerReferences: [owner("gone")] };
    cluster.api.put<KubeObject>(nodes, { apiVersion: "v1", kind: "Node", metadata: astray });
  });
  expect(names(leases)).toEqual(["node-1"]);
  await cluster.api.resource(nodes).delete("node-1");
  await cluster.quiet();
  expect(names(leases)).toEqual([]);
  expect(names(nodes)).toEqual(["node-2"]);
});

test("deletions that a broken watch has swallowed are made up for", async () => {
  await start(() => {
    put("a");
    put("b", [owner("a")]);
  });
  cluster.api.closeWatches();
  cluster.api.remove(configMaps, "a", "default");
  cluster.api.expire();
  await cluster.pass(60_000);
  expect(names()).toEqual([]);
});

test("works on kinds with an informer, and follows them down to the pods", async () => {
  await start();
  await cluster.stop();
  cluster = new PropagatingCluster();
  await cluster.run(["garbagecollector", "replicaset", "deployment"], builtinDefinitions());
  const labels = { app: "web" };
  await cluster.api.resource(deployments, "default").create({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [] } },
    },
  } as KubeObject);
  await cluster.converge();
  expect(cluster.pods()).toHaveLength(3);
  await cluster.api.resource(deployments, "default").delete("web", { propagationPolicy: "Background" });
  await cluster.converge();
  expect(cluster.replicaSets()).toEqual([]);
  expect(cluster.pods()).toEqual([]);
});

test("a thousand dependents cost one look for their owner, and an idle collector does nothing", async () => {
  await start(() => {
    put("a");
    for (let i = 0; i < 1000; i++) put(`b${i}`, [owner("a")]);
    for (let i = 0; i < 1000; i++) put(`free${i}`);
  });
  await cluster.quiet();
  const before = cluster.api.calls.length;
  await remove("a", "Background");
  expect(names()).toHaveLength(1000);
  const looks = cluster.api.calls.slice(before).filter(({ verb, name }) => verb === "get" && name === "a");
  expect(looks.length).toBeLessThanOrEqual(25);
  const after = cluster.api.calls.length;
  await cluster.pass(3_600_000);
  expect(cluster.api.calls.length).toBe(after);
});
