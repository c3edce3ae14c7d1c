/** What PodSecurity tells the audit log, over HTTPS and of the processes' own clients. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Auditor } from "../../../src/api/audit/auditor.ts";
import { AuditPolicy } from "../../../src/api/audit/policy.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import { type Fixture, pod, startApi } from "../fixture.ts";

const docs = "https://kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations/";
const prefix = "pod-security.kubernetes.io/";
const hostNetwork = { spec: { hostNetwork: true } };
const violation = "host namespaces (hostNetwork=true)";

type Annotations = Readonly<Record<string, string>>;
const lines: { readonly annotations?: Annotations; readonly requestURI: string; readonly stage: string }[] = [];
let api: Fixture;

beforeAll(async () => {
  const rules = [{ level: "Metadata", resources: [{ group: "", resources: ["pods"] }, { group: "apps" }] }];
  const policy = AuditPolicy.parse({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules });
  const sink = { write: (line: string) => void lines.push(JSON.parse(line)), lost: 0, close: async () => undefined };
  const exemptions = { usernames: ["trusted"], runtimeClasses: ["kata"], namespaces: ["free"] };
  api = await startApi({ audit: new Auditor(policy, sink, systemClock), podSecurity: { exemptions } });
  const made = async (path: string, body: object): Promise<void> => {
    expect((await api.post(path, body)).code).toBe(201);
  };
  const namespace = (name: string, labels: Annotations) =>
    made("/api/v1/namespaces", {
      metadata: { name, labels: Object.fromEntries(Object.entries(labels).map(([k, v]) => [prefix + k, v])) },
    });
  await namespace("lax", {});
  await namespace("free", { enforce: "restricted" });
  await namespace("enforced", { enforce: "baseline", "enforce-version": "v1.30" });
  await namespace("audited", { audit: "baseline" });
  await namespace("both", { enforce: "baseline", audit: "baseline" });
  await made("/apis/node.k8s.io/v1/runtimeclasses", { metadata: { name: "kata" }, handler: "kata" });
});
afterAll(() => api.close());
beforeEach(() => {
  lines.length = 0;
});

const create = (namespace: string, body: object, headers: Annotations = {}) =>
  api.ask("POST", `/api/v1/namespaces/${namespace}/pods`, { body, headers });

/** PodSecurity's own, without their prefix, of the one request that there was. */
async function annotations(): Promise<Annotations> {
  const [event, ...more] = await vi.waitFor(() => {
    const complete = lines.filter(({ stage }) => stage === "ResponseComplete");
    expect(complete).not.toEqual([]);
    return complete;
  });
  expect(more).toEqual([]);
  return Object.fromEntries(
    Object.entries(event?.annotations ?? {})
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

describe(`pods (see ${docs})`, () => {
  test("a namespace that asks for nothing", async () => {
    expect((await create("lax", pod("a", hostNetwork))).code).toBe(201);
    expect(await annotations()).toEqual({ "enforce-policy": "privileged:latest" });
  });

  test("what is enforced, of a pod that is let in", async () => {
    expect((await create("enforced", pod("a"))).code).toBe(201);
    expect(await annotations()).toEqual({ "enforce-policy": "baseline:v1.30" });
  });

  test("what is enforced and what is violated, of a pod that is refused", async () => {
    expect((await create("both", pod("a", hostNetwork))).code).toBe(403);
    expect(await annotations()).toEqual({
      "enforce-policy": "baseline:latest",
      "audit-violations": `would violate PodSecurity "baseline:latest": ${violation}`,
    });
  });

  test("what is only to be written down refuses nothing", async () => {
    const { code, headers } = await create("audited", pod("a", hostNetwork));
    expect([code, headers.warning]).toEqual([201, undefined]);
    expect(await annotations()).toEqual({
      "enforce-policy": "privileged:latest",
      "audit-violations": `would violate PodSecurity "baseline:latest": ${violation}`,
    });
  });

  test("a namespace that is exempt", async () => {
    expect((await create("free", pod("a", hostNetwork))).code).toBe(201);
    expect(await annotations()).toEqual({ exempt: "namespace" });
  });

  test("a user who is exempt", async () => {
    const headers = { "impersonate-user": "trusted", "impersonate-group": "system:masters" };
    expect((await create("enforced", pod("b", hostNetwork), headers)).code).toBe(201);
    expect(await annotations()).toEqual({ exempt: "user" });
  });

  test("a runtime class that is exempt", async () => {
    const spec = { ...hostNetwork.spec, runtimeClassName: "kata" };
    expect((await create("enforced", pod("c", { spec }))).code).toBe(201);
    expect(await annotations()).toEqual({ exempt: "runtimeClass" });
  });

  test("a request of the process's own", async () => {
    const { client } = api;
    const pods = client.resource({ group: "", version: "v1", resource: "pods" }, "audited");
    await pods.create(pod("own", hostNetwork) as Parameters<typeof pods.create>[0]);
    expect(await annotations()).toMatchObject({ "audit-violations": expect.stringContaining(violation) });
  });
});

test(`a workload is held against what is to be written down, not against what is enforced (see ${docs})`, async () => {
  const { spec } = pod("a", hostNetwork) as { spec: object };
  const labels = { app: "x" };
  const body = {
    metadata: { name: "d" },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
  expect((await api.post("/apis/apps/v1/namespaces/both/deployments", body)).code).toBe(201);
  expect(await annotations()).toEqual({
    "audit-violations": `would violate PodSecurity "baseline:latest": ${violation}`,
  });
});

test(`requests at once are told apart (see ${docs})`, async () => {
  const bodies = Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? pod(`at-${i}`) : pod(`at-${i}`, hostNetwork)));
  await Promise.all(bodies.map((body) => create("audited", body)));
  await vi.waitFor(() => expect(lines.filter(({ stage }) => stage === "ResponseComplete")).toHaveLength(8));
  const told = lines.filter(({ annotations }) => annotations?.[`${prefix}audit-violations`] !== undefined);
  expect(told).toHaveLength(4);
});
