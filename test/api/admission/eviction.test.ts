import { expect, test } from "vitest";
import type { Fixture } from "../fixture.ts";
import { admissionServer, make, newNamespace, podThing, type Thing } from "./cases.ts";

const held = admissionServer({ disableAdmissionPlugins: ["ServiceAccount"] });
const see = "https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/";
const policy = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy";

function running(name: string, ready = true): Thing {
  return {
    ...podThing(name, { terminationGracePeriodSeconds: 0 }, { labels: { app: "web" } }),
    status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

function budget(name: string, status: object, spec: object = {}): Thing {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } }, ...spec },
    status: {
      observedGeneration: 1,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
      disruptionsAllowed: 0,
      ...status,
    },
  };
}

function evict(api: Fixture, namespace: string, name: string, deleteOptions?: object, query = "") {
  const body = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    ...(deleteOptions ? { deleteOptions } : {}),
  };
  return api.post(`/api/v1/namespaces/${namespace}/pods/${name}/eviction${query}`, body);
}

async function given(
  ...things: Thing[]
): Promise<{ api: Fixture; namespace: string; at(path: string): Promise<number> }> {
  const { api } = held;
  const namespace = await newNamespace(api);
  for (const thing of things) await make(api, thing, namespace);
  return { api, namespace, at: async (path) => (await api.get(`/api/v1/namespaces/${namespace}/${path}`)).code };
}

test(`a budget with nothing left: 429 and why (${see})`, async () => {
  const { api, namespace, at } = await given(running("a"), budget("web", {}));
  const answer = await evict(api, namespace, "a");
  expect(answer.code).toBe(429);
  expect(answer.body).toMatchObject({
    reason: "TooManyRequests",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        { reason: "DisruptionBudget", message: "The disruption budget web needs 1 healthy pods and has 1 currently" },
      ],
    },
  });
  expect(await at("pods/a")).toBe(200);
});

test(`a budget that the controller has not looked at: 429, and when to ask again (${see})`, async () => {
  const { api, namespace } = await given(running("a"), budget("web", { observedGeneration: 0, disruptionsAllowed: 5 }));
  const answer = await evict(api, namespace, "a");
  expect(answer.code).toBe(429);
  expect(answer.headers["retry-after"]).toBe("10");
  expect(answer.body.details.causes[0].message).toBe(
    "The disruption budget web is still being processed by the server.",
  );
});

test(`a budget gives, once for each pod, and says so when it has given all (${see})`, async () => {
  const { api, namespace, at } = await given(
    running("a"),
    running("b"),
    budget("web", { disruptionsAllowed: 1, currentHealthy: 2 }),
  );
  const dry = await evict(api, namespace, "a", undefined, "?dryRun=All");
  expect([dry.code, await at("pods/a")]).toEqual([201, 200]);
  const answers = await Promise.all([evict(api, namespace, "a"), evict(api, namespace, "b")]);
  expect(answers.map(({ code }) => code).sort()).toEqual([201, 429]);
  const { body } = await api.get(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/web`);
  expect(Object.keys(body.status.disruptedPods)).toHaveLength(1);
  expect(body.status).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [{ type: "DisruptionAllowed", status: "False", reason: "InsufficientPods" }],
  });
});

test(`two budgets are one too many: 500 (${see})`, async () => {
  const { api, namespace } = await given(
    running("a"),
    budget("one", { disruptionsAllowed: 1 }),
    budget("two", { disruptionsAllowed: 1 }),
  );
  const answer = await evict(api, namespace, "a");
  expect(answer.code).toBe(500);
  expect(answer.body.message).toBe(
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
  );
});

test(`a pod that is not ready goes while enough others are (${policy})`, async () => {
  const { api, namespace, at } = await given(
    running("a", false),
    budget("web", { currentHealthy: 1, desiredHealthy: 1 }),
  );
  expect((await evict(api, namespace, "a")).code).toBe(201);
  expect(await at("pods/a")).toBe(404);
});

test(`IfHealthyBudget keeps it where too few are, AlwaysAllow does not (${policy})`, async () => {
  const status = { currentHealthy: 0, desiredHealthy: 1 };
  const kept = await given(running("a", false), budget("web", status));
  expect((await evict(kept.api, kept.namespace, "a")).code).toBe(429);
  const free = await given(running("a", false), budget("web", status, { unhealthyPodEvictionPolicy: "AlwaysAllow" }));
  expect((await evict(free.api, free.namespace, "a")).code).toBe(201);
});

test(`what is pending or has ended goes unasked, and with a reason (${see})`, async () => {
  const { api, namespace, at } = await given(
    podThing(
      "pending",
      { terminationGracePeriodSeconds: 0, nodeName: "n1" },
      { labels: { app: "web" }, finalizers: ["example.com/look"] },
    ),
    { ...podThing("done", {}, { labels: { app: "web" } }), status: { phase: "Succeeded" } },
    budget("web", {}),
  );
  expect((await evict(api, namespace, "pending")).code).toBe(201);
  expect((await evict(api, namespace, "done")).code).toBe(201);
  expect(await at("pods/done")).toBe(404);
  const { body } = await api.get(`/api/v1/namespaces/${namespace}/pods/pending`);
  expect(body.metadata.deletionTimestamp).toBeDefined();
  expect(body.status.conditions).toContainEqual(
    expect.objectContaining({
      type: "DisruptionTarget",
      status: "True",
      reason: "EvictionByEvictionAPI",
      message: "Eviction API: evicting",
    }),
  );
});

test(`preconditions are kept, and what is not there is not found (${see})`, async () => {
  const { api, namespace } = await given(running("a"));
  const other = await evict(api, namespace, "a", { preconditions: { uid: "other" } });
  expect(other.code).toBe(409);
  expect((await evict(api, namespace, "none")).code).toBe(404);
  expect((await evict(api, namespace, "a")).code).toBe(201);
});
