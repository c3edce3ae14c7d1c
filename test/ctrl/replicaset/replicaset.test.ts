import { afterEach, expect, test } from "vitest";
import { controllerOf } from "../../../src/machinery/meta/object.ts";
import { failure } from "../../../src/machinery/status/error.ts";
import type { ReplicaSet } from "../../../src/machinery/types/apps/v1.ts";
import type { Pod, ReplicationController } from "../../../src/machinery/types/core/v1.ts";
import { podResource, podTemplate, replicaSetResource, SimulatedCluster } from "../simulated-cluster.ts";

let cluster: SimulatedCluster;
afterEach(() => cluster.stop());

async function start(spec: Partial<ReplicaSet["spec"]> = {}, before?: (cluster: SimulatedCluster) => void) {
  cluster = new SimulatedCluster();
  before?.(cluster);
  await cluster.run(["replicaset", "replicationcontroller"]);
  await cluster.api.resource<ReplicaSet>(replicaSetResource, "default").create({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default" },
    spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, template: podTemplate("web:1"), ...spec },
  });
  await cluster.quiet();
}

const replicaSet = () => cluster.api.peek<ReplicaSet>(replicaSetResource, "web", "default");

async function resize(replicas: number) {
  const client = cluster.api.resource<ReplicaSet>(replicaSetResource, "default");
  await client.patch("web", { type: "merge", patch: { spec: { replicas } } });
  await cluster.quiet();
}

test("makes the pods of its template, and counts them", async () => {
  await start();
  const pods = cluster.pods();
  expect(pods).toHaveLength(3);
  for (const pod of pods) {
    expect(pod.metadata.name).toMatch(/^web-/);
    expect(pod.metadata.labels).toEqual({ app: "web" });
    expect(controllerOf(pod)).toEqual({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "web",
      uid: replicaSet()?.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    });
  }
  expect(replicaSet()?.status).toEqual({
    replicas: 3,
    fullyLabeledReplicas: 3,
    terminatingReplicas: 0,
    observedGeneration: 1,
  });
  await cluster.allReady();
  expect(replicaSet()?.status).toMatchObject({ readyReplicas: 3, availableReplicas: 3 });
  expect(cluster.events.sort()).toEqual(
    pods.map((pod) => `ReplicaSet/web Normal SuccessfulCreate: Created pod: ${pod.metadata.name}`).sort(),
  );
});

test("an idle ReplicaSet writes nothing", async () => {
  await start();
  await cluster.allReady();
  const revision = cluster.api.revision;
  await cluster.pass(3_600_000);
  expect(cluster.api.revision).toBe(revision);
});

test("deletes the surplus, and counts what is still terminating", async () => {
  await start();
  await cluster.allReady();
  await resize(1);
  expect(replicaSet()?.status).toMatchObject({ replicas: 1, terminatingReplicas: 2, observedGeneration: 2 });
  expect(cluster.events.filter((event) => event.includes("SuccessfulDelete: Deleted pod: web-"))).toHaveLength(2);
  await cluster.endTerminating();
  expect(replicaSet()?.status).toMatchObject({ replicas: 1, terminatingReplicas: 0 });
  expect(cluster.pods()).toHaveLength(1);
});

test("replaces pods that fail, go or lose their labels, and lets go of the latter", async () => {
  await start();
  await cluster.allReady();
  const [failed, deleted, relabelled] = cluster.pods() as [Pod, Pod, Pod];
  cluster.api.put<Pod>(podResource, { ...failed, status: { phase: "Failed" } });
  await cluster.api.resource<Pod>(podResource, "default").delete(deleted.metadata.name ?? "");
  cluster.api.put<Pod>(podResource, { ...relabelled, metadata: { ...relabelled.metadata, labels: { app: "debug" } } });
  await cluster.quiet();
  const released = cluster.api.peek<Pod>(podResource, relabelled.metadata.name ?? "", "default");
  expect(released?.metadata.ownerReferences ?? []).toEqual([]);
  expect(cluster.pods()).toHaveLength(6);
  expect(replicaSet()?.status).toMatchObject({ replicas: 3, terminatingReplicas: 1 });
});

test("adopts matching orphans instead of making pods, but none that is being deleted or owned", async () => {
  const orphan = (name: string, metadata: Partial<Pod["metadata"]> = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: "web" }, ...metadata },
    spec: { containers: [] },
  });
  const other = { apiVersion: "batch/v1", kind: "Job", name: "job", uid: "another", controller: true };
  await start({ replicas: 2 }, ({ api }) => {
    api.put(podResource, orphan("stray"));
    api.put(podResource, orphan("going", { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x/y"] }));
    api.put(podResource, orphan("owned", { ownerReferences: [other] }));
    api.put(podResource, orphan("elsewhere", { namespace: "other" }));
  });
  const owned = cluster.pods().filter((pod) => controllerOf(pod)?.name === "web");
  expect(owned).toHaveLength(2);
  expect(owned.map((pod) => pod.metadata.name)).toContain("stray");
});

test("never makes too many pods when the informer lags behind", async () => {
  await start({ replicas: 0 });
  const release: (() => void)[] = [];
  // Status updates requeue the ReplicaSet while its new pods are not in the cache: watches are what lags.
  cluster.api.closeWatches();
  const undo = cluster.api.react(({ verb, resource }) =>
    (verb === "watch" || verb === "list") && resource === "pods"
      ? new Promise((resolve) => release.push(() => resolve(undefined)))
      : undefined,
  );
  await cluster.pass(2000);
  await resize(4);
  expect(cluster.pods()).toHaveLength(4);
  for (const annotation of ["a", "b", "c"]) {
    const client = cluster.api.resource<ReplicaSet>(replicaSetResource, "default");
    await client.patch("web", { type: "merge", patch: { metadata: { annotations: { touched: annotation } } } });
    await cluster.quiet();
  }
  expect(cluster.pods()).toHaveLength(4);
  undo();
  for (const go of release) go();
  await cluster.pass(60_000);
  expect(cluster.pods()).toHaveLength(4);
  expect(replicaSet()?.status?.replicas).toBe(4);
});

test("minReadySeconds: ready pods are available when their time has passed", async () => {
  await start({ minReadySeconds: 10 });
  await cluster.allReady();
  expect(replicaSet()?.status).toMatchObject({ readyReplicas: 3 });
  expect(replicaSet()?.status?.availableReplicas ?? 0).toBe(0);
  await cluster.pass(11_000);
  expect(replicaSet()?.status).toMatchObject({ readyReplicas: 3, availableReplicas: 3 });
});

test("a refused creation is one request, an event and a condition, and is mended by itself", async () => {
  let attempts = 0;
  const message = 'pods "web-" is forbidden: exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5';
  let undo = () => undefined as unknown;
  await start({ replicas: 100 }, ({ api }) => {
    undo = api.react(({ verb, resource }) => {
      if (verb !== "create" || resource !== "pods") return undefined;
      attempts++;
      return failure(403, "Forbidden", message);
    });
  });
  expect(attempts).toBeLessThan(20);
  expect(replicaSet()?.status?.conditions).toEqual([
    expect.objectContaining({ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }),
  ]);
  expect(cluster.events).toContain(`ReplicaSet/web Warning FailedCreate: Error creating: ${message}`);
  undo();
  await cluster.pass(1_000_000);
  expect(cluster.pods()).toHaveLength(100);
  expect(replicaSet()?.status?.conditions ?? []).toEqual([]);
});

test("a ReplicaSet that is being deleted makes no pods", async () => {
  await start({ replicas: 0 });
  const current = replicaSet();
  if (!current) throw new Error("no ReplicaSet");
  cluster.api.put(replicaSetResource, {
    ...current,
    metadata: { ...current.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["foregroundDeletion"] },
    spec: { ...current.spec, replicas: 3 },
  });
  await cluster.quiet();
  expect(cluster.pods()).toEqual([]);
});

test("ReplicationControllers work the same way", async () => {
  await start({ replicas: 0 });
  const resource = { group: "", version: "v1", resource: "replicationcontrollers" };
  await cluster.api.resource<ReplicationController>(resource, "default").create({
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name: "old", namespace: "default" },
    spec: {
      replicas: 2,
      selector: { app: "old" },
      template: { metadata: { labels: { app: "old" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  });
  await cluster.quiet();
  await cluster.allReady();
  expect(cluster.pods().map((pod) => controllerOf(pod)?.kind)).toEqual([
    "ReplicationController",
    "ReplicationController",
  ]);
  const status = cluster.api.peek<ReplicationController>(resource, "old", "default")?.status;
  expect(status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 1 });
  expect(status).not.toHaveProperty("terminatingReplicas");
});
