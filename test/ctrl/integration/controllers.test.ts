import { afterEach, beforeEach, expect, test } from "vitest";
import { conditionOf } from "../../../src/ctrl/conditions.ts";
import type { KubeObject } from "../../../src/machinery/meta/object.ts";
import { StatusError } from "../../../src/machinery/status/error.ts";
import type { Deployment, DeploymentSpec, ReplicaSet } from "../../../src/machinery/types/apps/v1.ts";
import type { ConfigMap, Event, Namespace, ReplicationController } from "../../../src/machinery/types/core/v1.ts";
import { podResource, RealCluster, until } from "./real-cluster.ts";

const deploymentResource = { group: "apps", version: "v1", resource: "deployments" };
const replicaSetResource = { group: "apps", version: "v1", resource: "replicasets" };
const namespaceResource = { group: "", version: "v1", resource: "namespaces" };
const configMapResource = { group: "", version: "v1", resource: "configmaps" };

let cluster: RealCluster;
beforeEach(async () => {
  cluster = await RealCluster.start();
});
afterEach(() => cluster.stop());

const deployments = () => cluster.client.resource<Deployment>(deploymentResource, "default");
const replicaSets = async () => (await cluster.client.resource<ReplicaSet>(replicaSetResource, "default").list()).items;
const configMaps = (namespace: string) => cluster.client.resource<ConfigMap>(configMapResource, namespace);
const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image }] },
});

function deploy(spec: Partial<DeploymentSpec> = {}): Promise<Deployment> {
  return deployments().create({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, template: template("web:1"), ...spec },
  });
}

const setImage = (image: string) =>
  deployments().patch("web", {
    type: "strategic",
    patch: { spec: { template: { spec: { containers: [{ name: "web", image }] } } } },
  });

const complete = () =>
  until(
    () => deployments().get("web"),
    ({ metadata, status, spec }) =>
      status?.observedGeneration === metadata.generation &&
      status?.updatedReplicas === spec?.replicas &&
      status?.replicas === spec?.replicas &&
      status?.availableReplicas === spec?.replicas &&
      conditionOf(status?.conditions, "Progressing")?.reason === "NewReplicaSetAvailable",
  );

const gone = (ask: () => Promise<unknown>) =>
  until(
    () =>
      ask().then(
        () => "there",
        (error: unknown) => (error instanceof StatusError ? error.reason : String(error)),
      ),
    (answer) => answer === "NotFound",
  );

test("a Deployment rolls out, updates, is undone, and takes everything with it", async () => {
  await deploy();
  const first = await complete();
  expect(first.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("1");
  expect(first.status).toMatchObject({ replicas: 3, readyReplicas: 3, terminatingReplicas: 0, observedGeneration: 1 });
  expect(cluster.pods()).toHaveLength(3);

  await setImage("web:2");
  const second = await complete();
  expect(second.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("2");
  await until(
    () => cluster.pods().map((pod) => pod.spec?.containers[0]?.image),
    (images) => images.length === 3 && images.every((image) => image === "web:2"),
  );

  await setImage("broken");
  const stuck = await until(
    () => deployments().get("web"),
    ({ status }) => status?.updatedReplicas === 1 && status.unavailableReplicas === 1,
  );
  expect(stuck.status).toMatchObject({ replicas: 4, availableReplicas: 3 });
  await setImage("web:2");
  expect((await complete()).metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("4");
  expect(await replicaSets()).toHaveLength(3);

  await cluster.flushEvents();
  const { items } = await cluster.client
    .resource<Event>({ group: "", version: "v1", resource: "events" }, "default")
    .list();
  const scaled = items.filter(({ reason }) => reason === "ScalingReplicaSet");
  expect(scaled[0]).toMatchObject({
    type: "Normal",
    involvedObject: { kind: "Deployment", name: "web" },
    source: { component: "deployment-controller" },
    message: expect.stringMatching(/^Scaled (up|down) replica set web-[a-z0-9]+ from \d to \d$/),
  });
  expect(items.some(({ reason }) => reason === "SuccessfulCreate")).toBe(true);

  await deployments().delete("web", { propagationPolicy: "Background" });
  await until(replicaSets, (left) => left.length === 0);
  await until(
    () => cluster.pods(),
    (left) => left.length === 0,
  );
  expect(cluster.warnings).toEqual([]);
});

test("foreground deletion keeps the Deployment until its pods are gone; orphaning leaves the ReplicaSet", async () => {
  await deploy();
  await complete();
  const going = await deployments().delete("web", { propagationPolicy: "Foreground" });
  expect(going.metadata.finalizers).toEqual(["foregroundDeletion"]);
  await gone(() => deployments().get("web"));
  expect(await replicaSets()).toEqual([]);
  expect((await cluster.client.resource(podResource, "default").list()).items).toEqual([]);

  await deploy();
  await complete();
  await deployments().delete("web", { propagationPolicy: "Orphan" });
  await gone(() => deployments().get("web"));
  const [orphan] = await replicaSets();
  expect(orphan?.metadata.ownerReferences ?? []).toEqual([]);
  expect(cluster.pods()).toHaveLength(3);
  // Made anew, the Deployment takes it back, and no pod is replaced.
  const uids = cluster.pods().map(({ metadata }) => metadata.uid);
  await deploy();
  await complete();
  expect((await replicaSets()).map(({ metadata }) => metadata.uid)).toEqual([orphan?.metadata.uid]);
  expect(cluster.pods().map(({ metadata }) => metadata.uid)).toEqual(uids);
});

test("pods are replaced, adopted and released", async () => {
  await deploy({ replicas: 2 });
  await complete();
  const [first, second] = cluster.pods();
  const pods = cluster.client.resource(podResource, "default");
  await pods.delete(first?.metadata.name ?? "");
  await pods.patch(second?.metadata.name ?? "", { type: "merge", patch: { metadata: { labels: { app: "debug" } } } });
  await until(
    () => cluster.pods().filter(({ metadata }) => metadata.labels?.app === "web"),
    (owned) => owned.length === 2 && owned.every(({ status }) => status?.phase === "Running"),
  );
  await until(
    () => pods.get(second?.metadata.name ?? ""),
    ({ metadata }) => (metadata.ownerReferences ?? []).length === 0,
  );
  const [hash] = (await replicaSets()).map(({ metadata }) => metadata.labels?.["pod-template-hash"]);
  await pods.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "stray", namespace: "default", labels: { app: "web", "pod-template-hash": hash ?? "" } },
    spec: { containers: [{ name: "web", image: "web:1" }] },
  } as KubeObject);
  await until(
    () => cluster.pods().filter(({ metadata }) => metadata.ownerReferences),
    (owned) => owned.length === 2,
  );
});

test("a ReplicationController keeps its pods", async () => {
  const resource = { group: "", version: "v1", resource: "replicationcontrollers" };
  const client = cluster.client.resource<ReplicationController>(resource, "default");
  await client.create({
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name: "old", namespace: "default" },
    spec: { replicas: 2, template: template("web:1") },
  });
  const { status } = await until(
    () => client.get("old"),
    (object) => object.status?.availableReplicas === 2,
  );
  expect(status).toMatchObject({ replicas: 2, readyReplicas: 2, fullyLabeledReplicas: 2, observedGeneration: 1 });
});

test("a namespace comes with its objects and goes with everything in it", async () => {
  const namespaces = cluster.client.resource<Namespace>(namespaceResource);
  await namespaces.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  const accounts = cluster.client.resource({ group: "", version: "v1", resource: "serviceaccounts" }, "shop");
  await until(
    async () => (await accounts.list()).items.map(({ metadata }) => metadata.name),
    (names) => names.includes("default"),
  );
  await until(
    async () => (await configMaps("shop").list()).items.map(({ metadata }) => metadata.name),
    (names) => names.includes("kube-root-ca.crt"),
  );
  await cluster.client.resource<Deployment>(deploymentResource, "shop").create({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
    spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template: template("web:1") },
  });
  await until(
    () => cluster.pods("shop"),
    (pods) => pods.length === 2 && pods.every(({ status }) => status?.phase === "Running"),
  );
  const held = { name: "held", namespace: "shop", finalizers: ["example.com/hold"] };
  await configMaps("shop").create({ apiVersion: "v1", kind: "ConfigMap", metadata: held });

  await namespaces.delete("shop");
  const waiting = await until(
    () => namespaces.get("shop"),
    ({ status }) => conditionOf(status?.conditions, "NamespaceFinalizersRemaining")?.status === "True",
  );
  expect(waiting.status?.phase).toBe("Terminating");
  expect(conditionOf(waiting.status?.conditions, "NamespaceContentRemaining")?.message).toBe(
    "Some resources are remaining: configmaps. has 1 resource instances",
  );
  await configMaps("shop").patch("held", { type: "merge", patch: { metadata: { finalizers: null } } });
  await gone(() => namespaces.get("shop"));
  expect(cluster.pods("shop")).toEqual([]);
  expect((await configMaps("shop").list()).items).toEqual([]);
});

test("what is left without owners is found when the controllers start", async () => {
  const lost = { apiVersion: "v1", kind: "ConfigMap", name: "never-was", uid: "0b6f5f0c-6a8e-4f4e-9d0c-000000000000" };
  const metadata = { name: "lost", namespace: "default", ownerReferences: [lost] };
  await configMaps("default").create({ apiVersion: "v1", kind: "ConfigMap", metadata });
  await gone(() => configMaps("default").get("lost"));
});

test("a rollout that a restart has cut off goes on, and what was deleted meanwhile is collected", async () => {
  await deploy({ replicas: 6 });
  await complete();
  const doomed = { name: "doomed", namespace: "default" };
  const owner = await configMaps("default").create({ apiVersion: "v1", kind: "ConfigMap", metadata: doomed });
  const reference = { apiVersion: "v1", kind: "ConfigMap", name: "doomed", uid: owner.metadata.uid ?? "" };
  const metadata = { name: "dependent", namespace: "default", ownerReferences: [reference] };
  await configMaps("default").create({ apiVersion: "v1", kind: "ConfigMap", metadata });
  await setImage("web:2");
  await until(replicaSets, (all) => all.length === 2);
  await cluster.halt();
  await configMaps("default").delete("doomed");

  cluster = await RealCluster.start(cluster.store);
  await complete();
  await until(
    () => cluster.pods().map((pod) => pod.spec?.containers[0]?.image),
    (images) => images.length === 6 && images.every((image) => image === "web:2"),
  );
  await gone(() => configMaps("default").get("dependent"));
  expect(await replicaSets()).toHaveLength(2);
});
