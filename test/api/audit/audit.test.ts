/** The audit log over HTTPS. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Auditor } from "../../../src/api/audit/auditor.ts";
import { LogFile } from "../../../src/api/audit/log-file.ts";
import { AuditPolicy } from "../../../src/api/audit/policy.ts";
import type { Attributes } from "../../../src/api/authz/types.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { configMap, type Fixture, startApi } from "../fixture.ts";

const docs = "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/";
// biome-ignore lint/suspicious/noExplicitAny: events are looked into in every shape
type Event = any;
let api: Fixture | undefined;

afterEach(async () => {
  await api?.close();
  api = undefined;
});

function policyOf(rules: readonly object[], more: object = {}): AuditPolicy {
  return AuditPolicy.parse({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules, ...more });
}

async function start(rules: readonly object[], more: object = {}): Promise<{ api: Fixture; events: Event[] }> {
  const events: Event[] = [];
  const sink = { write: (line: string) => void events.push(JSON.parse(line)), lost: 0, close: async () => undefined };
  api = await startApi({ audit: new Auditor(policyOf(rules, more), sink, systemClock) });
  events.length = 0;
  return { api, events };
}

const secrets = "/api/v1/namespaces/default/secrets";
const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { password: "hunter2" } };

describe("levels", () => {
  test(`Metadata tells who did what, and nothing of what was in it (see ${docs}#audit-policy)`, async () => {
    const { api, events } = await start([
      { level: "Metadata", verbs: ["create"], resources: [{ group: "", resources: ["secrets"] }] },
    ]);
    const headers = { "content-type": "application/json", "user-agent": "tester/1", "x-forwarded-for": "10.1.2.3" };
    const { headers: answered } = await api.ask("POST", `${secrets}?fieldManager=me`, { headers, body: secret });
    await vi.waitFor(() => expect(events).toHaveLength(2));
    expect(events.map(({ stage }) => stage)).toEqual(["RequestReceived", "ResponseComplete"]);
    const [, event] = events;
    expect(event).toEqual({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      auditID: answered["audit-id"],
      stage: "ResponseComplete",
      requestURI: `${secrets}?fieldManager=me`,
      verb: "create",
      user: {
        username: "kubernetes-admin",
        groups: ["system:masters", "system:authenticated"],
        extra: { "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^X509SHA256=[\da-f]{64}$/)] },
      },
      sourceIPs: ["10.1.2.3", "127.0.0.1"],
      userAgent: "tester/1",
      objectRef: { resource: "secrets", namespace: "default", apiVersion: "v1" },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      stageTimestamp: expect.stringMatching(/Z$/),
      annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
    });
    expect(JSON.stringify(events)).not.toContain("hunter2");
  });

  test(`Request tells the body, RequestResponse the answer too (see ${docs}#audit-policy)`, async () => {
    const { api, events } = await start(
      [
        { level: "Request", resources: [{ group: "", resources: ["secrets"] }] },
        { level: "RequestResponse", resources: [{ group: "", resources: ["configmaps"] }], omitManagedFields: true },
      ],
      { omitStages: ["RequestReceived"] },
    );
    await api.post(secrets, secret);
    await api.post("/api/v1/namespaces/default/configmaps", configMap("c", { a: "b" }));
    await vi.waitFor(() => expect(events).toHaveLength(2));
    const [first, second] = events;
    expect(first.requestObject.stringData).toEqual({ password: "hunter2" });
    expect(first.responseObject).toBeUndefined();
    expect(first.objectRef.name).toBe("s");
    expect(second.responseObject).toMatchObject({ kind: "ConfigMap", data: { a: "b" } });
    expect(second.responseObject.metadata.uid).toBeDefined();
    expect(second.responseObject.metadata.managedFields).toBeUndefined();
  });

  test(`a body in YAML is told as JSON, a patch as it is (see ${docs}#audit-policy)`, async () => {
    const { api, events } = await start([{ level: "Request", resources: [{ group: "", resources: ["configmaps"] }] }]);
    const path = "/api/v1/namespaces/default/configmaps";
    const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yam}\n";
    await api.ask("POST", path, { headers: { "content-type": "application/yaml" }, body: yaml });
    const patch = { data: { k: "v" } };
    const headers = { "content-type": "application/merge-patch+json" };
    await api.ask("PATCH", `${path}/yam`, { headers, body: JSON.stringify(patch) });
    await vi.waitFor(() => expect(events).toHaveLength(4));
    expect(events[1].requestObject).toMatchObject({ kind: "ConfigMap", metadata: { name: "yam" } });
    expect(events[3].requestObject).toEqual(patch);
  });
});

describe("what happened", () => {
  const all = [{ level: "Metadata", omitStages: ["RequestReceived"] }];

  test(`refusals say why (see ${docs})`, async () => {
    const { api, events } = await start(all);
    const identity = await api.certificates.client("nobody", []);
    await api.ask("GET", "/api/v1/pods", { identity });
    await vi.waitFor(() => expect(events).toHaveLength(1));
    expect(events[0].annotations).toEqual({
      "authorization.k8s.io/decision": "forbid",
      "authorization.k8s.io/reason": "",
    });
    expect(events[0].responseStatus).toMatchObject({ status: "Failure", reason: "Forbidden", code: 403 });
  });

  test(`who is not known is written down (see ${docs})`, async () => {
    const { api, events } = await start(all);
    await api.ask("GET", "/api/v1/pods", { identity: null, headers: { authorization: "Bearer nothing" } });
    await vi.waitFor(() => expect(events).toHaveLength(1));
    expect(events[0].responseStatus.code).toBe(401);
    expect(JSON.stringify(events)).not.toContain("Bearer");
  });

  test(`whom somebody acted as (see ${docs})`, async () => {
    const { api, events } = await start(all);
    await api.ask("GET", "/api/v1/pods", { headers: { "impersonate-user": "erin", "impersonate-group": "dev" } });
    await vi.waitFor(() => expect(events).toHaveLength(1));
    expect(events[0].user.username).toBe("kubernetes-admin");
    expect(events[0].impersonatedUser).toEqual({ username: "erin", groups: ["dev", "system:authenticated"] });
  });

  test(`RBAC's reason (see ${docs})`, async () => {
    const { api, events } = await start(all);
    await api.ask("GET", "/api", { identity: await api.certificates.client("anybody", []) });
    await vi.waitFor(() => expect(events).toHaveLength(1));
    expect(events[0].annotations["authorization.k8s.io/reason"]).toBe(
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    );
  });

  test(`a watch has two stages (see ${docs}#audit-policy)`, async () => {
    const { api, events } = await start(all);
    await api.get("/api/v1/pods?watch=true&timeoutSeconds=1");
    await vi.waitFor(() => expect(events).toHaveLength(2));
    expect(events.map(({ stage, verb }) => [stage, verb])).toEqual([
      ["ResponseStarted", "watch"],
      ["ResponseComplete", "watch"],
    ]);
  });

  test(`controllers' own requests are written down too (see ${docs})`, async () => {
    const { api, events } = await start(all);
    const client = api.api.client({ name: "system:kube-scheduler", groups: ["system:authenticated"] });
    await client.resource({ group: "", version: "v1", resource: "pods" }).list();
    await expect(
      client.resource({ group: "", version: "v1", resource: "secrets" }, "default").get("x"),
    ).rejects.toThrow();
    expect(events).toMatchObject([
      {
        verb: "list",
        requestURI: "/api/v1/pods",
        user: { username: "system:kube-scheduler" },
        responseStatus: { code: 200 },
      },
      { verb: "get", requestURI: "/api/v1/namespaces/default/secrets/x", responseStatus: { code: 403 } },
    ]);
  });
});

describe("rules", () => {
  const user = { name: "alice", groups: ["dev"] };
  const pods: Attributes = {
    user,
    verb: "get",
    path: "",
    group: "",
    version: "v1",
    resource: "pods",
    namespace: "a",
    name: "p",
  };
  const log = { ...pods, subresource: "log" };
  const health: Attributes = { user, verb: "get", path: "/healthz/ping" };
  const cases: [string, object, Attributes, boolean][] = [
    ["anything", {}, pods, true],
    ["another user", { users: ["bob"] }, pods, false],
    ["one of the groups", { userGroups: ["dev", "ops"] }, pods, true],
    ["another verb", { verbs: ["list"] }, pods, false],
    ["the namespace", { namespaces: ["a"] }, pods, true],
    ["another namespace", { namespaces: ["b"] }, pods, false],
    ["what is in no namespace", { namespaces: [""] }, { ...pods, namespace: "" }, true],
    ["the group", { resources: [{ group: "" }] }, pods, true],
    ["another group", { resources: [{ group: "apps" }] }, pods, false],
    ["pods are not their subresources", { resources: [{ group: "", resources: ["pods"] }] }, log, false],
    ["a subresource", { resources: [{ group: "", resources: ["pods/log"] }] }, log, true],
    ["all subresources of pods", { resources: [{ group: "", resources: ["pods/*"] }] }, log, true],
    ["the subresource of all", { resources: [{ group: "", resources: ["*/log"] }] }, log, true],
    ["pods/* are not pods", { resources: [{ group: "", resources: ["pods/*"] }] }, pods, false],
    ["the name", { resources: [{ group: "", resources: ["pods"], resourceNames: ["p"] }] }, pods, true],
    ["another name", { resources: [{ group: "", resources: ["pods"], resourceNames: ["q"] }] }, pods, false],
    ["a path", { nonResourceURLs: ["/healthz*"] }, health, true],
    ["another path", { nonResourceURLs: ["/metrics"] }, health, false],
    ["rules for resources are not for paths", { resources: [{ group: "" }] }, health, false],
    ["rules for paths are not for resources", { nonResourceURLs: ["*"] }, pods, false],
  ];
  test.each(cases)(`%s (see ${docs}#audit-policy)`, (_what, rule, attributes, matches) => {
    const { level } = policyOf([{ level: "Metadata", ...rule }]).rulingOn(attributes, user);
    expect(level).toBe(matches ? "Metadata" : "None");
  });

  test(`the first rule that matches counts (see ${docs}#audit-policy)`, () => {
    const policy = policyOf([{ level: "None", users: ["alice"] }, { level: "Request" }]);
    expect(policy.rulingOn(pods, user).level).toBe("None");
    expect(policy.rulingOn(pods, { name: "bob", groups: [] }).level).toBe("Request");
  });

  test.each([
    ["a level that is none", [{ level: "All" }], "rules[0].level"],
    ["no rules", [], "rules: at least one"],
    ["resources and paths", [{ level: "None", nonResourceURLs: ["*"], namespaces: ["a"] }], "cannot apply to both"],
    ["a stage that is none", [{ level: "None", omitStages: ["Started"] }], "rules[0].omitStages"],
  ])(`%s is refused (see ${docs}#audit-policy)`, (_what, rules, message) => {
    expect(() => policyOf(rules)).toThrow(message);
  });
});

describe("the file", () => {
  test(`is rotated by size, and old ones go (see ${docs}#log-backend)`, async () => {
    const home = await mkdtemp(join(tmpdir(), "kl-audit-"));
    let now = Date.parse("2026-01-01T00:00:00Z");
    const clock = { ...systemClock, now: () => now };
    const path = join(home, "logs", "audit.log");
    const file = new LogFile({ path, maxSize: 1, maxBackup: 2, maxAge: 1 }, clock, silentLogger);
    const line = JSON.stringify({ text: "x".repeat(600_000) });
    for (let i = 0; i < 6; i++) {
      file.write(line);
      await file.flushed();
      expect(await readFile(path, "utf8")).toContain(line);
      now += 60_000;
    }
    await file.close();
    const names = (await readdir(join(home, "logs"))).sort();
    expect(names).toHaveLength(3);
    expect(names[0]).toMatch(/^audit-2026-01-01T00-0\d-00\.000\.log$/);
    expect(names.at(-1)).toBe("audit.log");
    expect(file.lost).toBe(0);
    await rm(home, { recursive: true });
  });
});
