/** Subresources by table: scale of every scalable kind, status by every kind of patch, bindings, finalize. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectls, runClient } from "../clients/kubectl.ts";
import { type Fixture, startApi } from "./fixture.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const selector = { matchLabels: { app: "x" } };
const template = { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "x" }] } };
const scalable: [plural: string, base: string, spec: object][] = [
  ["deployments", "/apis/apps/v1", { selector, template }],
  ["replicasets", "/apis/apps/v1", { selector, template }],
  ["statefulsets", "/apis/apps/v1", { selector, template, serviceName: "x" }],
  ["replicationcontrollers", "/api/v1", { selector: { app: "x" }, template }],
];

const patchTypes = [
  ["merge", "application/merge-patch+json", (spec: object) => ({ spec })],
  ["strategic merge", "application/strategic-merge-patch+json", (spec: object) => ({ spec })],
  [
    "JSON",
    "application/json-patch+json",
    ({ replicas }: { replicas: number }) => [{ op: "replace", path: "/spec/replicas", value: replicas }],
  ],
  [
    "apply",
    "application/apply-patch+yaml",
    (spec: object) => ({ apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "scaled" }, spec }),
  ],
] as const;

describe.each(scalable)("%s/scale", (plural, base, spec) => {
  const path = `${base}/namespaces/default/${plural}`;
  beforeAll(async () => {
    expect((await api.post(path, { metadata: { name: "scaled" }, spec: { replicas: 1, ...spec } })).code).toBe(201);
  });

  test("is read as a Scale with the selector as text", async () => {
    const { body } = await api.get(`${path}/scaled/scale`);
    expect(body).toMatchObject({ kind: "Scale", apiVersion: "autoscaling/v1", spec: { replicas: 1 } });
    expect(body.status.selector).toBe("app=x");
  });

  test.each(patchTypes)("takes a %s patch", async (name, type, body) => {
    const replicas = name.length;
    const url = `${path}/scaled/scale?fieldManager=m-${name.split(" ")[0]}${name === "apply" ? "&force=true" : ""}`;
    const answer = await api.ask("PATCH", url, { headers: { "content-type": type }, body: body({ replicas }) });
    expect([answer.code, answer.body.kind, answer.body.spec]).toEqual([200, "Scale", { replicas }]);
    const whole = (await api.get(`${path}/scaled`)).body;
    expect(whole.spec.replicas).toBe(replicas);
    const owner = whole.metadata.managedFields.find((entry: { subresource?: string }) => entry.subresource === "scale");
    expect(owner).toMatchObject({
      operation: name === "apply" ? "Apply" : "Update",
      manager: `m-${name.split(" ")[0]}`,
    });
  });

  test("an apply that another owns the field of is a conflict", async () => {
    const body = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "scaled" }, spec: { replicas: 33 } };
    const headers = { "content-type": "application/apply-patch+yaml" };
    const answer = await api.ask("PATCH", `${path}/scaled/scale?fieldManager=late`, { headers, body });
    expect([answer.code, answer.body.reason]).toEqual([409, "Conflict"]);
    expect(answer.body.message).toContain('conflict with "m-apply" with subresource "scale"');
  });

  test("is put, with its revision", async () => {
    const scale = (await api.get(`${path}/scaled/scale`)).body;
    const put = await api.ask("PUT", `${path}/scaled/scale`, { body: { ...scale, spec: { replicas: 2 } } });
    expect([put.code, put.body.spec]).toEqual([200, { replicas: 2 }]);
    const again = await api.ask("PUT", `${path}/scaled/scale`, { body: { ...scale, spec: { replicas: 3 } } });
    expect(again.code).toBe(409);
    const negative = await api.ask("PUT", `${path}/scaled/scale`, { body: { ...put.body, spec: { replicas: -1 } } });
    expect(negative.body.message).toContain("spec.replicas: Invalid value: -1: must be greater than or equal to 0");
  });

  test("is a table, and metadata, for those who want them", async () => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    const { body } = await api.ask("GET", `${path}/scaled/scale`, { headers: { accept } });
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      "Name",
      "Desired",
      "Available",
      "Age",
    ]);
    expect(body.rows[0].cells.slice(0, 3)).toEqual(["scaled", 2, 0]);
  });

  test("dry run changes nothing", async () => {
    const headers = { "content-type": "application/merge-patch+json" };
    const url = `${path}/scaled/scale?dryRun=All`;
    expect((await api.ask("PATCH", url, { headers, body: { spec: { replicas: 9 } } })).body.spec.replicas).toBe(9);
    expect((await api.get(`${path}/scaled/scale`)).body.spec.replicas).toBe(2);
  });
});

test("kubectl get and patch --subresource=scale", async () => {
  for (const binary of await kubectls()) {
    const args = ["get", "deployment", "scaled", "--subresource=scale"];
    const { stdout } = await runClient(binary, args, { kubeconfig: api.kubeconfig });
    expect(stdout).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\nscaled +2 +0 +\d+s\n$/);
  }
});

test("status is applied by itself, and owned under its name", async () => {
  const path = "/apis/apps/v1/namespaces/default/deployments/scaled";
  const body = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "scaled" },
    spec: { paused: true },
    status: { replicas: 4 },
  };
  const headers = { "content-type": "application/apply-patch+yaml" };
  const answer = await api.ask("PATCH", `${path}/status?fieldManager=reporter`, { headers, body });
  expect([answer.code, answer.body.status.replicas, answer.body.spec.paused]).toEqual([200, 4, undefined]);
  const entry = answer.body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === "reporter");
  expect(entry).toMatchObject({
    operation: "Apply",
    subresource: "status",
    fieldsV1: { "f:status": { "f:replicas": {} } },
  });
});

describe("bindings", () => {
  const pods = "/api/v1/namespaces/default/pods";
  const bind = (metadata: object, target: object, path: string) =>
    api.post(path, { apiVersion: "v1", kind: "Binding", metadata, target });

  test.each([
    ["the pod's subresource", `${pods}/by-pod/binding`, "by-pod"],
    ["the legacy collection", "/api/v1/namespaces/default/bindings", "by-collection"],
  ])("through %s", async (_, path, name) => {
    await api.post(pods, { metadata: { name }, spec: { containers: [{ name: "c", image: "x" }] } });
    const answer = await bind({ name }, { kind: "Node", name: "n1" }, path);
    expect([answer.code, answer.body.kind, answer.body.status]).toEqual([201, "Status", "Success"]);
    expect((await api.get(`${pods}/${name}`)).body.spec.nodeName).toBe("n1");
    const again = await bind({ name }, { kind: "Node", name: "n2" }, path);
    expect([again.code, again.body.message]).toEqual([
      409,
      `Operation cannot be fulfilled on pods/binding "${name}": pod ${name} is already assigned to node "n1"`,
    ]);
  });

  test("of a pod that is not there", async () => {
    const answer = await bind({ name: "none" }, { kind: "Node", name: "n1" }, "/api/v1/namespaces/default/bindings");
    expect(answer.code).toBe(404);
  });
});

test("namespaces/finalize lets a deleted namespace go", async () => {
  await api.post("/api/v1/namespaces", { metadata: { name: "going" } });
  await api.ask("DELETE", "/api/v1/namespaces/going");
  const { body } = await api.get("/api/v1/namespaces/going");
  expect([body.status.phase, body.spec.finalizers]).toEqual(["Terminating", ["kubernetes"]]);
  const put = await api.ask("PUT", "/api/v1/namespaces/going/finalize", {
    body: { ...body, spec: { finalizers: [] } },
  });
  expect(put.code).toBe(200);
  expect((await api.get("/api/v1/namespaces/going")).code).toBe(404);
});

describe("field selectors", () => {
  const fields: [path: string, fields: string[]][] = [
    [
      "/api/v1/pods",
      [
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "spec.host",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
      ],
    ],
    ["/api/v1/nodes", ["spec.unschedulable"]],
    ["/api/v1/namespaces", ["status.phase"]],
    ["/api/v1/secrets", ["type"]],
    ["/api/v1/services", ["spec.clusterIP", "spec.type"]],
    ["/api/v1/replicationcontrollers", ["status.replicas"]],
    ["/apis/apps/v1/replicasets", ["status.replicas"]],
    ["/apis/batch/v1/jobs", ["status.successful"]],
    ["/apis/certificates.k8s.io/v1/certificatesigningrequests", ["spec.signerName"]],
    ["/apis/resource.k8s.io/v1/resourceslices", ["spec.nodeName", "spec.driver"]],
    [
      "/api/v1/events",
      [
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
      ],
    ],
  ];
  test.each(fields)("%s takes all of 1.36", async (path, names) => {
    for (const name of ["metadata.name", ...names]) {
      const answer = await api.get(`${path}?fieldSelector=${encodeURIComponent(`${name}=none`)}`);
      expect([name, answer.code, answer.body.items]).toEqual([name, 200, []]);
    }
  });

  test.each([
    ["/api/v1/pods", "field label not supported: spec.x"],
    ["/apis/batch/v1/jobs", 'field label "spec.x" not supported for Job'],
    ["/api/v1/configmaps", '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    ["/apis/apps/v1/deployments", '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  ])("%s refuses others", async (path, message) => {
    const { code, body } = await api.get(`${path}?fieldSelector=spec.x%3D1`);
    expect([code, body.reason, body.message]).toEqual([400, "BadRequest", message]);
  });

  test("kubectl says once what it was looking for", async () => {
    const [, newest = ""] = await kubectls();
    const args = ["get", "pods", "--field-selector=spec.x=1"];
    const { stderr } = await runClient(newest, args, { kubeconfig: api.kubeconfig });
    expect(stderr).toBe(
      'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.x=1": field label not supported: spec.x\n',
    );
  });
});
