import { afterEach, expect, test } from "vitest";
import { conditionOf } from "../../../src/ctrl/conditions.ts";
import { failure } from "../../../src/machinery/status/error.ts";
import type { Deployment, DeploymentSpec, ReplicaSet } from "../../../src/machinery/types/apps/v1.ts";
import { deploymentResource, podTemplate, replicaSetResource, SimulatedCluster } from "../simulated-cluster.ts";

let cluster: SimulatedCluster;
afterEach(() => cluster.stop());

async function start(spec: Partial<DeploymentSpec> = {}, before?: (cluster: SimulatedCluster) => void) {
  cluster = new SimulatedCluster();
  before?.(cluster);
  await cluster.run(["deployment", "replicaset"]);
  await cluster.api.resource<Deployment>(deploymentResource, "default").create({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: podTemplate("web:1"),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
    },
  });
  await cluster.quiet();
}

const setImage = (image: string) => cluster.updateDeployment((spec) => ({ ...spec, template: podTemplate(image) }));
const condition = (type: string) => conditionOf(cluster.deployment().status?.conditions, type);
const revision = () => cluster.deployment().metadata.annotations?.["deployment.kubernetes.io/revision"];
const scalings = () => cluster.events.filter((event) => event.includes("ScalingReplicaSet"));
const imageOf = (replicaSet: ReplicaSet) => replicaSet.spec?.template?.spec?.containers[0]?.image;
const replicaSetOf = (image: string): ReplicaSet => {
  const found = cluster.replicaSets().find((replicaSet) => imageOf(replicaSet) === image);
  if (!found) throw new Error(`no ReplicaSet of ${image}`);
  return found;
};
const sizes = () => Object.fromEntries(cluster.replicaSets().map((each) => [imageOf(each), each.spec?.replicas]));

test("a first rollout, from creation to available", async () => {
  await start();
  const replicaSet = replicaSetOf("web:1");
  const hash = replicaSet.metadata.labels?.["pod-template-hash"];
  expect(replicaSet.metadata.name).toBe(`web-${hash}`);
  expect(replicaSet.spec?.selector?.matchLabels).toEqual({ app: "web", "pod-template-hash": hash });
  expect(replicaSet.metadata.annotations).toEqual({
    "deployment.kubernetes.io/revision": "1",
    "deployment.kubernetes.io/desired-replicas": "3",
    "deployment.kubernetes.io/max-replicas": "4",
  });
  expect(scalings()).toEqual([
    `Deployment/web Normal ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`,
  ]);
  expect(revision()).toBe("1");
  expect(condition("Progressing")).toMatchObject({
    status: "True",
    reason: "ReplicaSetUpdated",
    message: `ReplicaSet "web-${hash}" is progressing.`,
  });
  expect(condition("Available")).toMatchObject({ status: "False", reason: "MinimumReplicasUnavailable" });
  await cluster.converge();
  expect(cluster.deployment().status).toMatchObject({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
  });
  expect(condition("Progressing")).toMatchObject({
    status: "True",
    reason: "NewReplicaSetAvailable",
    message: `ReplicaSet "web-${hash}" has successfully progressed.`,
  });
  expect(condition("Available")).toMatchObject({
    status: "True",
    reason: "MinimumReplicasAvailable",
    message: "Deployment has minimum availability.",
  });
});

test("an idle Deployment writes nothing", async () => {
  await start();
  await cluster.converge();
  const before = cluster.api.revision;
  await cluster.pass(3_600_000);
  expect(cluster.api.revision).toBe(before);
});

test("a rolling update to another image, and a second one", async () => {
  await start();
  await cluster.converge();
  await setImage("web:2");
  await cluster.quiet();
  expect(sizes()).toEqual({ "web:1": 3, "web:2": 1 });
  await cluster.converge();
  expect(sizes()).toEqual({ "web:1": 0, "web:2": 3 });
  expect(revision()).toBe("2");
  expect(replicaSetOf("web:2").metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "2" });
  expect(cluster.pods()).toHaveLength(3);
  const [first, second] = [replicaSetOf("web:1").metadata.name, replicaSetOf("web:2").metadata.name];
  expect(scalings()).toEqual(
    [
      `up replica set ${first} from 0 to 3`,
      `up replica set ${second} from 0 to 1`,
      `down replica set ${first} from 3 to 2`,
      `up replica set ${second} from 1 to 2`,
      `down replica set ${first} from 2 to 1`,
      `up replica set ${second} from 2 to 3`,
      `down replica set ${first} from 1 to 0`,
    ].map((text) => `Deployment/web Normal ScalingReplicaSet: Scaled ${text}`),
  );
});

test("undo: the old template makes its ReplicaSet the newest revision again", async () => {
  await start();
  await cluster.converge();
  await setImage("web:2");
  await cluster.converge();
  await setImage("web:1");
  await cluster.converge();
  expect(sizes()).toEqual({ "web:1": 3, "web:2": 0 });
  expect(cluster.replicaSets()).toHaveLength(2);
  expect(revision()).toBe("3");
  expect(replicaSetOf("web:1").metadata.annotations).toMatchObject({
    "deployment.kubernetes.io/revision": "3",
    "deployment.kubernetes.io/revision-history": "1",
  });
});

test("a broken image stops at maxUnavailable, is reported after the deadline, and undo mends it", async () => {
  await start({ replicas: 4 });
  await cluster.converge();
  await setImage("web:broken");
  await cluster.quiet();
  await cluster.endTerminating();
  expect(sizes()).toEqual({ "web:1": 3, "web:broken": 2 });
  await cluster.pass(500_000);
  expect(condition("Progressing")).toMatchObject({ reason: "ReplicaSetUpdated" });
  await cluster.pass(102_000);
  expect(condition("Progressing")).toMatchObject({
    status: "False",
    reason: "ProgressDeadlineExceeded",
    message: `ReplicaSet "${replicaSetOf("web:broken").metadata.name}" has timed out progressing.`,
  });
  expect(sizes()).toEqual({ "web:1": 3, "web:broken": 2 });
  expect(condition("Available")).toMatchObject({ status: "True" });
  await setImage("web:1");
  await cluster.converge();
  expect(sizes()).toEqual({ "web:1": 4, "web:broken": 0 });
  expect(condition("Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
});

test("Recreate: no new pod before the last old one has ended", async () => {
  await start({ strategy: { type: "Recreate" } });
  await cluster.converge();
  await setImage("web:2");
  await cluster.quiet();
  expect(sizes()).toEqual({ "web:1": 0 });
  const [last, ...others] = cluster.pods();
  expect(others).toHaveLength(2);
  for (const pod of others) cluster.endPod(pod);
  await cluster.quiet();
  expect(sizes()).toEqual({ "web:1": 0 });
  if (last) cluster.endPod(last);
  await cluster.quiet();
  expect(sizes()).toEqual({ "web:1": 0, "web:2": 3 });
  await cluster.converge();
  expect(cluster.deployment().status).toMatchObject({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 });
});

test("pause holds a rollout, resume lets it go on", async () => {
  await start();
  await cluster.converge();
  await cluster.updateDeployment((spec) => ({ ...spec, paused: true }));
  await cluster.quiet();
  expect(condition("Progressing")).toMatchObject({
    status: "Unknown",
    reason: "DeploymentPaused",
    message: "Deployment is paused",
  });
  await setImage("web:2");
  await cluster.converge();
  expect(sizes()).toEqual({ "web:1": 3 });
  await cluster.updateDeployment((spec) => ({ ...spec, replicas: 5 }));
  await cluster.converge();
  expect(sizes()).toEqual({ "web:1": 5 });
  expect(cluster.deployment().status).toMatchObject({ replicas: 5, observedGeneration: 4 });
  await cluster.updateDeployment(({ paused: _, ...spec }) => spec);
  await cluster.converge();
  expect(sizes()).toEqual({ "web:1": 0, "web:2": 5 });
  expect(condition("Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
});

test("the time it was paused does not count for the deadline", async () => {
  await start();
  await cluster.updateDeployment((spec) => ({ ...spec, paused: true }));
  await cluster.pass(3_600_000);
  await cluster.updateDeployment((spec) => ({ ...spec, paused: false }));
  await cluster.quiet();
  expect(condition("Progressing")).toMatchObject({ status: "Unknown", reason: "DeploymentResumed" });
  await cluster.pass(602_000);
  expect(condition("Progressing")).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
});

test("scaling up and down keeps the template and says so", async () => {
  await start();
  await cluster.converge();
  const name = replicaSetOf("web:1").metadata.name;
  await cluster.updateDeployment((spec) => ({ ...spec, replicas: 6 }));
  await cluster.converge();
  await cluster.updateDeployment((spec) => ({ ...spec, replicas: 0 }));
  await cluster.converge();
  expect(cluster.pods()).toEqual([]);
  expect(scalings().slice(1)).toEqual([
    `Deployment/web Normal ScalingReplicaSet: Scaled up replica set ${name} from 3 to 6`,
    `Deployment/web Normal ScalingReplicaSet: Scaled down replica set ${name} from 6 to 0`,
  ]);
  expect(revision()).toBe("1");
  expect(cluster.deployment().status).toEqual({
    observedGeneration: 3,
    terminatingReplicas: 0,
    conditions: expect.anything(),
  });
});

test("proportional scaling in the middle of a rollout", async () => {
  await start({ replicas: 10, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
  await cluster.converge();
  await setImage("web:broken");
  await cluster.quiet();
  await cluster.endTerminating();
  expect(sizes()).toEqual({ "web:1": 8, "web:broken": 5 });
  await cluster.updateDeployment((spec) => ({ ...spec, replicas: 15 }));
  await cluster.quiet();
  // The documentation's own example: 11 and 7.
  expect(sizes()).toEqual({ "web:1": 11, "web:broken": 7 });
});

test("old revisions beyond the history limit go, the oldest first", async () => {
  await start({ revisionHistoryLimit: 2 });
  for (const image of ["web:2", "web:3", "web:4", "web:5"]) {
    await cluster.converge();
    await setImage(image);
  }
  await cluster.converge();
  expect(Object.keys(sizes()).sort()).toEqual(["web:3", "web:4", "web:5"]);
});

test("minReadySeconds holds back availability and the rollout", async () => {
  await start({ replicas: 2, minReadySeconds: 30, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  await cluster.allReady();
  expect(condition("Available")).toMatchObject({ status: "False" });
  await cluster.pass(31_000);
  expect(condition("Available")).toMatchObject({ status: "True" });
  await setImage("web:2");
  await cluster.quiet();
  await cluster.allReady();
  expect(sizes()).toEqual({ "web:1": 2, "web:2": 1 });
  await cluster.pass(31_000);
  expect(sizes()).toEqual({ "web:1": 1, "web:2": 2 });
});

test("a hash collision counts up and finds another name", async () => {
  await start();
  await cluster.converge();
  const taken = replicaSetOf("web:1");
  await cluster.stop();
  await start({}, ({ api }) => {
    const { ownerReferences: _, ...metadata } = taken.metadata;
    const spec = { ...taken.spec, replicas: 0, template: podTemplate("other:1") };
    api.put<ReplicaSet>(replicaSetResource, { ...taken, metadata: { ...metadata, labels: {} }, spec });
  });
  await cluster.converge();
  expect(cluster.deployment().status).toMatchObject({ collisionCount: 1, availableReplicas: 3 });
  expect(replicaSetOf("web:1").metadata.name).not.toBe(taken.metadata.name);
});

test("a ReplicaSet that cannot be made is reported", async () => {
  let undo = () => undefined as unknown;
  await start({}, ({ api }) => {
    undo = api.react(({ verb, resource }) =>
      verb === "create" && resource === "replicasets.apps" ? failure(403, "Forbidden", "no more of them") : undefined,
    );
  });
  const { message } = condition("Progressing") ?? {};
  expect(message).toMatch(/^Failed to create new replica set "web-[a-z0-9]+": no more of them$/);
  expect(condition("Progressing")).toMatchObject({ status: "False", reason: "ReplicaSetCreateError" });
  expect(cluster.events).toContain(`Deployment/web Warning ReplicaSetCreateError: ${message}`);
  undo();
  await cluster.pass(1_000_000);
  await cluster.converge();
  expect(condition("Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
});

test("what keeps the ReplicaSet from making pods shows on the Deployment", async () => {
  let undo = () => undefined as unknown;
  await start({}, ({ api }) => {
    undo = api.react(({ verb, resource }) =>
      verb === "create" && resource === "pods" ? failure(403, "Forbidden", "exceeded quota") : undefined,
    );
  });
  expect(condition("ReplicaFailure")).toMatchObject({
    status: "True",
    reason: "FailedCreate",
    message: "exceeded quota",
  });
  undo();
  await cluster.pass(1_000_000);
  await cluster.converge();
  expect(condition("ReplicaFailure")).toBeUndefined();
});

test("an empty selector is refused with an event", async () => {
  await start({ selector: {} });
  expect(cluster.replicaSets()).toEqual([]);
  expect([...new Set(cluster.events)]).toEqual([
    "Deployment/web Warning SelectingAll: This deployment is selecting all pods. A non-empty selector is required.",
  ]);
  expect(cluster.deployment().status).toEqual({ observedGeneration: 1 });
});

test("a ReplicaSet found in place is adopted, and its template is not rolled again", async () => {
  await start();
  await cluster.converge();
  const orphan = replicaSetOf("web:1");
  await cluster.stop();
  await start({}, ({ api }) => {
    const { ownerReferences: _, ...metadata } = orphan.metadata;
    api.put<ReplicaSet>(replicaSetResource, { ...orphan, metadata });
  });
  expect(cluster.replicaSets()).toHaveLength(1);
  expect(replicaSetOf("web:1").metadata.ownerReferences).toMatchObject([{ kind: "Deployment", name: "web" }]);
  await cluster.converge();
  expect(condition("Progressing")).toMatchObject({ reason: "NewReplicaSetAvailable" });
  expect(scalings()).toEqual([]);
});
