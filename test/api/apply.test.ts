/** https://kubernetes.io/docs/reference/using-api/server-side-apply/ over HTTPS. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, configMap, type Fixture, pod, startApi } from "./fixture.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const maps = "/api/v1/namespaces/default/configmaps";
const deployments = "/apis/apps/v1/namespaces/default/deployments";

function apply(path: string, config: unknown, query = "fieldManager=test"): Promise<Answer> {
  const body = typeof config === "string" ? config : JSON.stringify(config);
  return api.ask("PATCH", `${path}?${query}`, { body, headers: { "content-type": "application/apply-patch+yaml" } });
}

function patch(path: string, type: string, body: unknown, agent = "tester/1.0"): Promise<Answer> {
  return api.ask("PATCH", path, { body, headers: { "content-type": `application/${type}+json`, "user-agent": agent } });
}

function deployment(name: string, replicas: number, extra: object = {}): object {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "a:1" }] } },
      ...extra,
    },
  };
}

/** Sorted: within one second their order says nothing. */
const managers = (answer: Answer): string[] =>
  (answer.body.metadata.managedFields ?? [])
    .map(
      (entry: Record<string, string>) =>
        `${entry.manager} ${entry.operation} ${entry.apiVersion}${entry.subresource ? ` ${entry.subresource}` : ""}`,
    )
    .sort();

describe("apply", () => {
  test("creates with 201, changes with 200, and says who owns what", async () => {
    const created = await apply(`${maps}/a`, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n");
    expect(created.code).toBe(201);
    expect(created.body.metadata.managedFields).toEqual([
      {
        manager: "test",
        operation: "Apply",
        apiVersion: "v1",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { "f:k": {} } },
      },
    ]);
    const changed = await apply(`${maps}/a`, configMap("a", { k: "w" }));
    expect(changed.code).toBe(200);
    expect((await api.get(`${maps}/a`)).body).toEqual(changed.body);
    const removed = await apply(`${maps}/a`, { ...configMap("a"), data: undefined });
    expect(removed.body.data).toBeUndefined();
    expect(removed.body.metadata.managedFields).toBeUndefined();
  });

  test("the same again writes nothing", async () => {
    const first = await apply(`${deployments}/same`, deployment("same", 2));
    const again = await apply(`${deployments}/same`, deployment("same", 2));
    expect([first.code, again.code]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
  });

  test("conflicts are a 409 with a cause for each field, force takes over", async () => {
    await api.ask("POST", `${deployments}?fieldManager=kubectl-client-side-apply`, { body: deployment("c", 1) });
    const refused = await apply(`${deployments}/c`, deployment("c", 3));
    expect(refused.code).toBe(409);
    expect(refused.body).toMatchObject({
      reason: "Conflict",
      message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
      details: {
        causes: [
          {
            reason: "FieldManagerConflict",
            message: 'conflict with "kubectl-client-side-apply" using apps/v1',
            field: ".spec.replicas",
          },
        ],
      },
    });
    const forced = await apply(`${deployments}/c`, deployment("c", 3), "fieldManager=test&force=true");
    expect(forced.body.spec.replicas).toBe(3);
    expect(forced.body.metadata.generation).toBe(2);
    expect(managers(forced)).toEqual(["kubectl-client-side-apply Update apps/v1", "test Apply apps/v1"]);
  });

  test("status has an entry of its own, and its spec counts for nothing", async () => {
    await apply(`${deployments}/s`, deployment("s", 1));
    const status = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "s" },
      status: { replicas: 1 },
      spec: { replicas: 9 },
    };
    const applied = await apply(`${deployments}/s/status`, status, "fieldManager=ctl");
    expect(applied.body).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1 } });
    expect(managers(applied)).toEqual(["ctl Apply apps/v1 status", "test Apply apps/v1"]);
    expect(applied.body.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: "ctl", fieldsV1: { "f:status": { "f:replicas": {} } } }),
    );
    expect((await apply(`${deployments}/nope/status`, status)).code).toBe(404);
  });

  test("dry run, preconditions and strictness", async () => {
    expect((await apply(`${maps}/dry`, configMap("dry", { k: "v" }), "fieldManager=t&dryRun=All")).code).toBe(201);
    expect((await api.get(`${maps}/dry`)).code).toBe(404);
    await apply(`${maps}/pre`, configMap("pre", { k: "v" }));
    const stale = await apply(`${maps}/pre`, configMap("pre", { k: "w" }, { resourceVersion: "1" }));
    expect(stale.body.message).toContain("the object has been modified");
    const dry = await apply(`${maps}/pre`, configMap("pre", { k: "w" }), "fieldManager=test&dryRun=All");
    expect([dry.body.data.k, (await api.get(`${maps}/pre`)).body.data.k]).toEqual(["w", "v"]);
    expect(dry.body.metadata.managedFields).toHaveLength(1);
    const ghost = await apply(`${maps}/ghost`, configMap("ghost", {}, { uid: "u" }));
    expect([ghost.code, ghost.body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on configmaps "ghost": uid mismatch: the provided object specified uid u, and no existing object was found',
    ]);
  });

  test.each([
    [
      "no manager",
      "/x",
      configMap("x"),
      "",
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      "another name",
      "/x",
      configMap("y"),
      "fieldManager=t",
      400,
      "the name of the object (y) does not match the name on the URL (x)",
    ],
    [
      "another kind",
      "/x",
      { ...configMap("x"), kind: "Secret" },
      "fieldManager=t",
      400,
      "invalid object type: /v1, Kind=Secret",
    ],
    ["no YAML", "/x", "a: [", "fieldManager=t", 400, "error decoding YAML: "],
    [
      "managedFields",
      "/x",
      configMap("x", {}, { managedFields: [] }),
      "fieldManager=t",
      400,
      "metadata.managedFields must be nil",
    ],
    [
      "an unknown field",
      "/x",
      { ...configMap("x"), dat: {} },
      "fieldManager=t",
      500,
      "failed to create typed patch object (default/x; /v1, Kind=ConfigMap): .dat: field not declared in schema",
    ],
  ])("refuses %s", async (_what, path, config, query, code, message) => {
    const answer = await apply(maps + path, config, query);
    expect(answer.code).toBe(code);
    expect(answer.body.message).toContain(message);
  });

  test("force is for applies alone", async () => {
    const answer = await patch(`${maps}/a?force=true`, "merge-patch", {});
    expect(answer.code).toBe(422);
    expect(answer.body.message).toContain("force: Forbidden: may not be specified for non-apply patch");
  });

  test("two at once both come through", async () => {
    const writers = Array.from({ length: 8 }, (_, i) =>
      apply(`${maps}/race`, configMap("race", { [`k${i}`]: "v" }), `fieldManager=m${i}`),
    );
    const codes = (await Promise.all(writers)).map(({ code }) => code).sort();
    expect(codes).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const { body } = await api.get(`${maps}/race`);
    expect(Object.keys(body.data)).toHaveLength(8);
    expect(body.metadata.managedFields).toHaveLength(8);
  });
});

describe("tracking", () => {
  test("by fieldManager or User-Agent, each subresource by itself", async () => {
    const headers = { "user-agent": "curl/8.0", "content-type": "application/json" };
    const created = await api.ask("POST", deployments, { body: deployment("t", 1), headers });
    expect(managers(created)).toEqual(["curl Update apps/v1"]);
    await patch(`${deployments}/t`, "merge-patch", { spec: { replicas: 2 } }, "scaler/1");
    await patch(`${deployments}/t/status`, "merge-patch", { status: { replicas: 2 } }, "ctl/1");
    await patch(`${deployments}/t/scale`, "merge-patch", { spec: { replicas: 4 } }, "hpa/1");
    const { body } = await api.get(`${deployments}/t`);
    const owned = Object.fromEntries(
      body.metadata.managedFields.map((entry: { manager: string; fieldsV1: object }) => [
        entry.manager,
        entry.fieldsV1,
      ]),
    );
    expect(owned.hpa).toEqual({ "f:spec": { "f:replicas": {} } });
    expect(owned.ctl).toEqual({ "f:status": { "f:replicas": {} } });
    expect(owned.scaler).toBeUndefined();
    expect(owned.curl["f:spec"]["f:replicas"]).toBeUndefined();
  });

  test("a client sends back what it read; [{}] clears, and nothing is tracked until the next apply", async () => {
    const { body } = await api.post(maps, configMap("reset", { k: "v" }));
    const put = await api.ask("PUT", `${maps}/reset?fieldManager=other`, {
      body: { ...body, data: { k: "v", l: "w" } },
    });
    expect(put.body.metadata.managedFields).toHaveLength(2);
    const cleared = await patch(`${maps}/reset`, "merge-patch", { metadata: { managedFields: [{}] } });
    expect(cleared.body.metadata.managedFields).toBeUndefined();
    const changed = await patch(`${maps}/reset`, "merge-patch", { data: { k: "x" } });
    expect(changed.body.metadata.managedFields).toBeUndefined();
    expect(managers(await apply(`${maps}/reset`, configMap("reset", { k: "x" })))).toEqual([
      "before-first-apply Update v1",
      "test Apply v1",
    ]);
  });

  test("a JSON patch can rewrite the list", async () => {
    const { body } = await api.post(maps, configMap("rewrite", { k: "v" }));
    const [entry] = body.metadata.managedFields;
    const operations = [
      { op: "replace", path: "/metadata/managedFields", value: [{ ...entry, manager: "kubectl", operation: "Apply" }] },
      { op: "replace", path: "/metadata/resourceVersion", value: body.metadata.resourceVersion },
    ];
    const rewritten = await patch(`${maps}/rewrite`, "json-patch", operations);
    expect(managers(rewritten)).toEqual(["kubectl Apply v1"]);
    expect((await patch(`${maps}/rewrite`, "json-patch", operations)).code).toBe(409);
    const bad = [{ op: "replace", path: "/metadata/managedFields/0/operation", value: "Own" }];
    const refused = await patch(`${maps}/rewrite`, "json-patch", bad);
    expect(refused.code).toBe(422);
    expect(refused.body.message).toContain("metadata.managedFields[0].operation: Invalid value");
  });

  test("is in every form but tables, and not in what controllers share", async () => {
    await api.post("/api/v1/namespaces/default/pods", pod("forms"));
    const path = "/api/v1/namespaces/default/pods/forms";
    const ask = (accept: string) => api.ask("GET", path, { headers: { accept } });
    expect((await ask("application/yaml")).text).toContain("managedFields:");
    const partial = await ask("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    expect(partial.body.metadata.managedFields).toHaveLength(1);
    const table = await ask("application/json;as=Table;g=meta.k8s.io;v=v1");
    expect(table.body.rows[0].object.metadata.managedFields).toBeUndefined();
    const gvr = { group: "", version: "v1", resource: "pods" };
    const shared = await api.client.resource(gvr, "default").get("forms");
    expect(shared.metadata.managedFields).toBeUndefined();
    await api.client
      .resource(gvr, "default")
      .update({ ...shared, metadata: { ...shared.metadata, labels: { l: "1" } } });
    expect(managers(await api.get(path))).toEqual(["test Update v1", "unknown Update v1"]);
    const deleted = await api.ask("DELETE", path);
    expect(deleted.body.metadata.managedFields).toHaveLength(2);
  });

  test("another version's view of an object keeps its owners", async () => {
    const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
    const target = { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" }, maxReplicas: 3 };
    const v1 = { apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler", metadata: { name: "h" } };
    await apply(`${path("v1")}/h`, { ...v1, spec: { ...target, targetCPUUtilizationPercentage: 50 } });
    const v2 = await api.get(`${path("v2")}/h`);
    expect(managers(v2)).toEqual(["test Apply autoscaling/v1"]);
    const body = { ...v1, apiVersion: "autoscaling/v2", spec: { maxReplicas: 5 } };
    const refused = await apply(`${path("v2")}/h`, body, "fieldManager=other");
    expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "test": .spec.maxReplicas');
    const moved = await apply(`${path("v2")}/h`, { ...body, spec: target });
    expect(moved.code).toBe(200);
    expect(managers(moved)).toEqual(["test Apply autoscaling/v2"]);
  });

  test.each([
    [{ metrics: [{ pods: {} }] }, 422, "spec.metrics[0].type: Required value"],
    [{ metrics: [null] }, 422, "spec.metrics[0].type: Required value"],
    [{ metrics: [{ pods: { target: { averageValue: "x" } } }] }, 400, "quantities must match the regular expression"],
  ])("half a metric is seen by managers of another version before it is refused: %j", async (spec, code, message) => {
    const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/half`;
    const base = { apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler", metadata: { name: "half" } };
    const target = { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" }, maxReplicas: 3 };
    await apply(path("v1"), { ...base, spec: target }, "fieldManager=older");
    const answer = await apply(path("v2"), { ...base, apiVersion: "autoscaling/v2", spec }, "fieldManager=newer");
    expect(answer).toMatchObject({ code, body: { message: expect.stringContaining(message) } });
  });
});
