import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configMap, type Fixture, pod, startApi } from "./fixture.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const configMaps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";

describe("the life of an object", () => {
  test("created, read, listed, replaced and deleted", async () => {
    const created = await api.post(configMaps, configMap("life", { a: "1" }));
    expect(created.code).toBe(201);
    const { metadata } = created.body;
    expect(metadata).toMatchObject({ name: "life", namespace: "default" });
    expect(metadata.uid).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Number(metadata.resourceVersion)).toBe(api.store.revision);

    const read = await api.get(`${configMaps}/life`);
    expect(read.text).toBe(created.text);
    const listed = await api.get(configMaps);
    expect(listed.body).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
    expect(listed.body.items).toContainEqual(created.body);

    const replaced = await api.ask("PUT", `${configMaps}/life`, { body: { ...created.body, data: { a: "2" } } });
    expect(replaced.code).toBe(200);
    expect(replaced.body.data).toEqual({ a: "2" });
    expect(replaced.body.metadata.uid).toBe(metadata.uid);
    expect(Number(replaced.body.metadata.resourceVersion)).toBeGreaterThan(Number(metadata.resourceVersion));

    const stale = await api.ask("PUT", `${configMaps}/life`, { body: created.body });
    expect(stale.code).toBe(409);
    expect(stale.body).toMatchObject({
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on configmaps "life": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: "life", kind: "configmaps" },
    });

    const deleted = await api.ask("DELETE", `${configMaps}/life`);
    expect(deleted.code).toBe(200);
    expect(deleted.body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "life", kind: "configmaps", uid: metadata.uid },
    });
    const gone = await api.get(`${configMaps}/life`);
    expect(gone.code).toBe(404);
    expect(gone.body.message).toBe('configmaps "life" not found');
  });

  test("an update that changes nothing writes nothing", async () => {
    const created = await api.post(configMaps, configMap("same", { a: "1" }));
    const again = await api.ask("PUT", `${configMaps}/same`, { body: configMap("same", { a: "1" }) });
    expect(again.body).toEqual(created.body);
  });

  test("a name that exists is refused, a generated one is tried again", async () => {
    await api.post(configMaps, configMap("twice"));
    const second = await api.post(configMaps, configMap("twice"));
    expect(second.code).toBe(409);
    expect(second.body).toMatchObject({ reason: "AlreadyExists", message: 'configmaps "twice" already exists' });
    const generated = await api.post(configMaps, { metadata: { generateName: "gen-" } });
    expect(generated.body.metadata.name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    const long = await api.post(configMaps, { metadata: { generateName: "x".repeat(80) } });
    expect(long.body.metadata.name).toMatch(/^x{58}[a-z0-9]{5}$/);
  });

  test("generation follows the spec, the status has a door of its own", async () => {
    const deployments = "/apis/apps/v1/namespaces/default/deployments";
    const template = {
      metadata: { labels: { app: "g" } },
      spec: { containers: [{ name: "main", image: "busybox" }] },
    };
    const created = await api.post(deployments, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "g" },
      spec: { selector: { matchLabels: { app: "g" } }, template },
      status: { replicas: 7 },
    });
    expect(created.code).toBe(201);
    expect(created.body.metadata.generation).toBe(1);
    expect(created.body.status).toEqual({});
    const status = await api.ask("PUT", `${deployments}/g/status`, {
      body: { ...created.body, spec: { ...created.body.spec, replicas: 9 }, status: { replicas: 1 } },
    });
    expect(status.body).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 1 }, status: { replicas: 1 } });
    const spec = await api.ask("PUT", `${deployments}/g`, {
      body: { ...status.body, spec: { ...status.body.spec, replicas: 3 }, status: { replicas: 5 } },
    });
    expect(spec.body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 }, status: { replicas: 1 } });
    const scaled = await api.ask("PATCH", `${deployments}/g/scale`, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { spec: { replicas: 4 } },
    });
    expect(scaled.body).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: { replicas: 4 },
      status: { replicas: 1, selector: "app=g" },
    });
    expect((await api.get(`${deployments}/g`)).body).toMatchObject({
      metadata: { generation: 3 },
      spec: { replicas: 4 },
    });
  });

  test("dryRun writes nothing", async () => {
    const before = api.store.revision;
    const dry = await api.post(`${configMaps}?dryRun=All`, configMap("dry"));
    expect(dry.code).toBe(201);
    expect(dry.body.metadata.uid).toBeDefined();
    expect(dry.body.metadata.resourceVersion).toBeUndefined();
    expect(api.store.revision).toBe(before);
    const bad = await api.post(`${configMaps}?dryRun=Some`, configMap("dry"));
    expect(bad.code).toBe(422);
  });
});

describe("deletion", () => {
  test("finalizers hold an object until they are gone", async () => {
    const name = `${configMaps}/held`;
    await api.post(configMaps, configMap("held", {}, { finalizers: ["example.com/hold"] }));
    const deleted = await api.ask("DELETE", name);
    expect(deleted.body).toMatchObject({
      kind: "ConfigMap",
      metadata: { deletionGracePeriodSeconds: 0, finalizers: ["example.com/hold"] },
    });
    expect(deleted.body.metadata.deletionTimestamp).toBeDefined();
    const added = await api.ask("PATCH", name, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { metadata: { finalizers: ["example.com/hold", "example.com/other"] } },
    });
    expect(added.code).toBe(422);
    expect(added.body.message).toBe(
      'ConfigMap "held" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/other"}',
    );
    await api.ask("PATCH", name, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { metadata: { finalizers: null } },
    });
    expect((await api.get(name)).code).toBe(404);
  });

  test("a running pod gets its grace, a second delete may shorten it, 0 removes it", async () => {
    await api.post(pods, pod("graceful", { spec: { nodeName: "node-1" } }));
    const first = await api.ask("DELETE", `${pods}/graceful`);
    expect(first.body.metadata.deletionGracePeriodSeconds).toBe(30);
    const longer = await api.ask("DELETE", `${pods}/graceful?gracePeriodSeconds=100`);
    expect(longer.body.metadata.deletionGracePeriodSeconds).toBe(30);
    const shorter = await api.ask("DELETE", `${pods}/graceful?gracePeriodSeconds=5`);
    expect(shorter.body.metadata.deletionGracePeriodSeconds).toBe(5);
    const last = await api.ask("DELETE", `${pods}/graceful`, { body: { gracePeriodSeconds: 0 } });
    expect(last.body).toMatchObject({ kind: "Pod", metadata: { name: "graceful" } });
    expect((await api.get(`${pods}/graceful`)).code).toBe(404);
  });

  test("propagation policies become finalizers", async () => {
    await api.post(configMaps, configMap("fg"));
    const foreground = await api.ask("DELETE", `${configMaps}/fg?propagationPolicy=Foreground`);
    expect(foreground.body.metadata.finalizers).toEqual(["foregroundDeletion"]);
    const orphan = await api.ask("DELETE", `${configMaps}/fg`, { body: { propagationPolicy: "Orphan" } });
    expect(orphan.body.metadata.finalizers).toEqual(["orphan"]);
    const background = await api.ask("DELETE", `${configMaps}/fg?propagationPolicy=Background`);
    expect(background.body.status).toBe("Success");
    const unknown = await api.ask("DELETE", `${configMaps}/fg?propagationPolicy=Sometimes`);
    expect(unknown.code).toBe(422);
  });

  test("preconditions", async () => {
    const { body } = await api.post(configMaps, configMap("cond"));
    const uid = await api.ask("DELETE", `${configMaps}/cond`, { body: { preconditions: { uid: "other" } } });
    expect(uid.code).toBe(409);
    expect(uid.body.message).toBe(
      `Operation cannot be fulfilled on configmaps "cond": Precondition failed: UID in precondition: other, UID in object meta: ${body.metadata.uid}`,
    );
    const revision = await api.ask("DELETE", `${configMaps}/cond`, {
      body: { preconditions: { resourceVersion: "1" } },
    });
    expect(revision.code).toBe(409);
    const good = { uid: body.metadata.uid, resourceVersion: body.metadata.resourceVersion };
    expect((await api.ask("DELETE", `${configMaps}/cond`, { body: { preconditions: good } })).code).toBe(200);
  });

  test("a collection by label", async () => {
    for (let i = 0; i < 5; i++) {
      await api.post(configMaps, configMap(`many-${i}`, {}, { labels: { odd: String(i % 2) } }));
    }
    const deleted = await api.ask("DELETE", `${configMaps}?labelSelector=odd%3D1`);
    expect(deleted.body.items.map((item: { metadata: { name: string } }) => item.metadata.name).sort()).toEqual([
      "many-1",
      "many-3",
    ]);
    const left = await api.get(`${configMaps}?labelSelector=odd`);
    expect(left.body.items).toHaveLength(3);
  });
});

describe("who may do what", () => {
  test("nobody is 401, except for health and version", async () => {
    const anonymous = await api.ask("GET", pods, { identity: null });
    expect(anonymous.code).toBe(401);
    expect(anonymous.body).toMatchObject({
      status: "Failure",
      message: "Unauthorized",
      reason: "Unauthorized",
      code: 401,
    });
    expect((await api.ask("GET", "/nowhere", { identity: null })).code).toBe(401);
    for (const path of ["/healthz", "/livez", "/readyz", "/readyz?verbose", "/readyz/store", "/version"]) {
      expect((await api.ask("GET", path, { identity: null })).code, path).toBe(200);
    }
    expect((await api.get("/version")).body).toMatchObject({
      major: "1",
      minor: "36",
      gitVersion: expect.stringMatching(/^v1\.36\.0\+kl/),
    });
  });

  test("a stranger is 403", async () => {
    const identity = await api.certificates.client("jane", ["dev"]);
    const refused = await api.ask("GET", `${pods}/web`, { identity });
    expect(refused.code).toBe(403);
    expect(refused.body).toMatchObject({
      reason: "Forbidden",
      message:
        'pods "web" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "default"',
    });
    const path = await api.ask("GET", "/metrics", { identity });
    expect(path.body.message).toBe('forbidden: User "jane" cannot get path "/metrics"');
  });

  test("components and nodes have their roles", async () => {
    for (const [name, groups, path] of [
      ["system:kube-scheduler", [], pods],
      ["system:node:a", ["system:nodes"], `${pods}?fieldSelector=spec.nodeName%3Da`],
      ["system:serviceaccount:kube-system:replicaset-controller", [], pods],
    ] as const) {
      const identity = await api.certificates.client(name, groups);
      expect((await api.ask("GET", path, { identity })).code, name).toBe(200);
    }
  });
});

describe("namespaces", () => {
  test("the system's are there, and the Service in front of the API", async () => {
    const { body } = await api.get("/api/v1/namespaces");
    expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      "default",
      "kube-node-lease",
      "kube-public",
      "kube-system",
    ]);
    expect((await api.get("/api/v1/namespaces/default/services/kubernetes")).body.spec.clusterIP).toBe("10.43.0.1");
    const refused = await api.ask("DELETE", "/api/v1/namespaces/kube-system");
    expect(refused.code).toBe(403);
    expect(refused.body.message).toBe('namespaces "kube-system" is forbidden: this namespace may not be deleted');
  });

  test("nothing is made where there is none, or where it is going away", async () => {
    const missing = await api.post("/api/v1/namespaces/nope/configmaps", configMap("x"));
    expect(missing.code).toBe(404);
    expect(missing.body.message).toBe('namespaces "nope" not found');
    await api.post("/api/v1/namespaces", { metadata: { name: "leaving" } });
    const deleted = await api.ask("DELETE", "/api/v1/namespaces/leaving");
    expect(deleted.body).toMatchObject({ status: { phase: "Terminating" }, spec: { finalizers: ["kubernetes"] } });
    const late = await api.post("/api/v1/namespaces/leaving/configmaps", configMap("x"));
    expect(late.code).toBe(403);
    expect(late.body.message).toBe(
      'configmaps "x" is forbidden: unable to create new content in namespace leaving because it is being terminated',
    );
    expect(late.body.details.causes).toEqual([
      { reason: "NamespaceTerminating", message: "namespace leaving is being terminated", field: "metadata.namespace" },
    ]);
    const finalized = await api.ask("PUT", "/api/v1/namespaces/leaving/finalize", {
      body: { ...deleted.body, spec: {} },
    });
    expect(finalized.code).toBe(200);
    expect((await api.get("/api/v1/namespaces/leaving")).code).toBe(404);
  });
});

test("pods are bound once and evicted", async () => {
  await api.post(pods, pod("bindme"));
  const binding = {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name: "bindme" },
    target: { kind: "Node", name: "n1" },
  };
  const bound = await api.post(`${pods}/bindme/binding`, binding);
  expect(bound.code, bound.text).toBe(201);
  const { body } = await api.get(`${pods}/bindme`);
  expect(body.spec).toMatchObject({ nodeName: "n1" });
  expect(body.status.conditions).toContainEqual(expect.objectContaining({ type: "PodScheduled", status: "True" }));
  const again = await api.post(`${pods}/bindme/binding`, binding);
  expect(again.code).toBe(409);
  expect(again.body.message).toContain('pod bindme is already assigned to node "n1"');
  const evicted = await api.post(`${pods}/bindme/eviction`, {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name: "bindme" },
    deleteOptions: { gracePeriodSeconds: 0 },
  });
  expect(evicted.code).toBe(201);
  expect((await api.get(`${pods}/bindme`)).code).toBe(404);
});
