/** Who may do what, from outside: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ and …/node/. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Answer, configMap, type Fixture, pod, startApi } from "../fixture.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const rbac = "/apis/rbac.authorization.k8s.io/v1";

async function as(name: string, groups: readonly string[] = []) {
  const identity = await api.certificates.client(name, groups);
  return {
    get: (path: string): Promise<Answer> => api.ask("GET", path, { identity }),
    ask: (
      method: string,
      path: string,
      body?: unknown,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Answer> => api.ask(method, path, { identity, body, headers }),
  };
}

function role(name: string, rules: unknown, extra: object = {}): object {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name, ...extra }, rules };
}

function binding(name: string, kind: "Role" | "ClusterRole", to: string, user: string): object {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: to },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user }],
  };
}

async function bind(user: string, to: string, namespace = "default"): Promise<void> {
  const path = `${rbac}/namespaces/${namespace}/rolebindings`;
  expect((await api.post(path, binding(`${user}-${to}`, "ClusterRole", to, user))).code).toBe(201);
}

describe("roles", () => {
  test("everybody known may discover and ask about himself, and no more", async () => {
    const jane = await as("nobody");
    expect((await jane.get("/apis")).code).toBe(200);
    expect((await jane.get("/openapi/v3")).code).toBe(200);
    expect((await jane.get("/api/v1/namespaces")).body.message).toBe(
      'namespaces is forbidden: User "nobody" cannot list resource "namespaces" in API group "" at the cluster scope',
    );
  });

  test("view reads and does not write; edit writes and does not grant; rights end with the binding", async () => {
    await bind("vera", "view");
    await bind("ed", "edit");
    const [vera, ed] = [await as("vera"), await as("ed")];
    const maps = "/api/v1/namespaces/default/configmaps";
    expect((await vera.get(maps)).code).toBe(200);
    expect((await vera.get("/api/v1/namespaces/default/secrets")).code).toBe(403);
    expect((await vera.get("/api/v1/namespaces/kube-system/configmaps")).code).toBe(403);
    expect((await vera.ask("POST", maps, configMap("v"))).body.message).toBe(
      'configmaps is forbidden: User "vera" cannot create resource "configmaps" in API group "" in the namespace "default"',
    );
    expect((await ed.ask("POST", maps, configMap("e"))).code).toBe(201);
    expect((await ed.get(`${rbac}/namespaces/default/roles`)).code).toBe(403);
    await api.ask("DELETE", `${rbac}/namespaces/default/rolebindings/ed-edit`);
    await vi.waitFor(async () => expect((await ed.get(maps)).code).toBe(403));
  });

  test("a role that gathers follows the roles it gathers", async () => {
    const label = { "rbac.authorization.k8s.io/aggregate-to-view": "true" };
    const rule = { verbs: ["get"], apiGroups: ["example.com"], resources: ["things"] };
    await api.post(`${rbac}/clusterroles`, role("things-view", [rule], { labels: label }));
    const gathers = async (name: string): Promise<unknown[]> =>
      (await api.get(`${rbac}/clusterroles/${name}`)).body.rules;
    for (const name of ["view", "edit", "admin"]) {
      await vi.waitFor(async () => expect(await gathers(name)).toContainEqual(rule));
    }
    await api.ask("DELETE", `${rbac}/clusterroles/things-view`);
    for (const name of ["view", "edit", "admin"]) {
      await vi.waitFor(async () => expect(await gathers(name)).not.toContainEqual(rule));
    }
  });
});

describe("escalation", () => {
  test("nobody grants or binds what he does not hold, unless by escalate or bind", async () => {
    await bind("adam", "admin");
    const adam = await as("adam");
    const roles = `${rbac}/namespaces/default/roles`;
    const wanted = (rules: unknown): object => ({ ...role("r", rules), kind: "Role" });
    const held = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] };
    expect((await adam.ask("POST", roles, wanted([held]))).code).toBe(201);
    const refused = await adam.ask("PUT", `${roles}/r`, wanted([held, { ...held, resources: ["nodes"] }]));
    expect(refused.code).toBe(403);
    expect(refused.body.message).toBe(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "adam" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}',
    );
    const bindings = `${rbac}/namespaces/default/rolebindings`;
    const powers = await adam.ask("POST", bindings, binding("all", "ClusterRole", "cluster-admin", "adam"));
    expect(powers.code).toBe(403);
    expect(powers.body.message).toContain(
      '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
    );
    expect((await adam.ask("POST", bindings, binding("none", "ClusterRole", "gone", "adam"))).body.message).toBe(
      'clusterroles.rbac.authorization.k8s.io "gone" not found',
    );
    expect((await adam.ask("POST", bindings, binding("ok", "Role", "r", "eve"))).code).toBe(201);
    const bindRule = {
      verbs: ["bind"],
      apiGroups: ["rbac.authorization.k8s.io"],
      resources: ["clusterroles"],
      resourceNames: ["cluster-admin"],
    };
    await api.post(`${rbac}/clusterroles`, role("binder", [bindRule]));
    await bind("adam", "binder");
    const bound = await adam.ask("POST", bindings, binding("all", "ClusterRole", "cluster-admin", "eve"));
    expect(bound.code).toBe(201);
  });

  test("gathering rules takes a cluster administrator", async () => {
    await api.post(
      `${rbac}/clusterroles`,
      role("roles-writer", [
        { verbs: ["create"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"] },
      ]),
    );
    await api.post(`${rbac}/clusterrolebindings`, {
      ...binding("roles-writer", "ClusterRole", "roles-writer", "wim"),
      kind: "ClusterRoleBinding",
    });
    const wim = await as("wim");
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] };
    const refused = await wim.ask("POST", `${rbac}/clusterroles`, { ...role("g", []), aggregationRule });
    expect(refused.body.message).toBe(
      'clusterroles.rbac.authorization.k8s.io "g" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    );
  });
});

describe("reviews", () => {
  const reviews = "/apis/authorization.k8s.io/v1";
  const ask = (spec: object, kind = "SubjectAccessReview"): object => ({
    apiVersion: "authorization.k8s.io/v1",
    kind,
    spec,
  });

  test("access of others, of oneself, and in a namespace", async () => {
    const spec = { user: "vera", resourceAttributes: { verb: "get", resource: "pods", namespace: "default" } };
    const other = await api.post(`${reviews}/subjectaccessreviews`, ask(spec));
    expect(other.body.status).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "vera-view/default" of ClusterRole "view" to User "vera"',
    });
    const local = `${reviews}/namespaces/default/localsubjectaccessreviews`;
    expect((await api.post(local, ask(spec, "LocalSubjectAccessReview"))).body.status.allowed).toBe(true);
    const elsewhere = { ...spec, resourceAttributes: { ...spec.resourceAttributes, namespace: "other" } };
    expect((await api.post(local, ask(elsewhere, "LocalSubjectAccessReview"))).body.message).toBe(
      'LocalSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
    );
    const vera = await as("vera");
    const path = { nonResourceAttributes: { verb: "get", path: "/apis/apps" } };
    const self = await vera.ask("POST", `${reviews}/selfsubjectaccessreviews`, ask(path, "SelfSubjectAccessReview"));
    expect(self.body.status.reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    );
    expect((await vera.ask("POST", `${reviews}/subjectaccessreviews`, ask(spec))).code).toBe(403);
    expect((await api.post(`${reviews}/subjectaccessreviews`, ask({}))).code).toBe(422);
  });

  test("the rules of oneself", async () => {
    const vera = await as("vera");
    const review = ask({ namespace: "default" }, "SelfSubjectRulesReview");
    const { status } = (await vera.ask("POST", `${reviews}/selfsubjectrulesreviews`, review)).body;
    expect(status.incomplete).toBe(false);
    expect(status.resourceRules).toContainEqual({
      verbs: ["create"],
      apiGroups: ["authentication.k8s.io"],
      resources: ["selfsubjectreviews"],
    });
    expect(status.resourceRules.some((rule: { resources: string[] }) => rule.resources.includes("pods/log"))).toBe(
      true,
    );
    const none = ask({}, "SelfSubjectRulesReview");
    expect((await vera.ask("POST", `${reviews}/selfsubjectrulesreviews`, none)).body.message).toBe(
      "no namespace on request",
    );
  });
});

describe("upgrades", () => {
  test("a WebSocket to exec takes the right to create, as a POST does", async () => {
    const rule = { verbs: ["get"], apiGroups: [""], resources: ["pods/exec"] };
    await api.post(`${rbac}/clusterroles`, role("exec-getter", [rule]));
    await bind("gus", "exec-getter");
    const gus = await as("gus");
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": "v5.channel.k8s.io",
    };
    const path = "/api/v1/namespaces/default/pods/none/exec?command=id&stdout=true";
    const refused = await gus.ask("GET", path, undefined, headers);
    expect(refused.code).toBe(403);
    expect(refused.body.message).toBe(
      'pods "none" is forbidden: User "gus" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    );
    await bind("gus", "edit");
    expect((await gus.ask("GET", path, undefined, headers)).code).toBe(404);
  });
});

describe("nodes", () => {
  test("a node reads what its pods refer to, and writes what is its own", async () => {
    const core = "/api/v1/namespaces/default";
    for (const [name, node] of [
      ["mine", "n1"],
      ["theirs", "n2"],
    ] as const) {
      const volumes = [{ name: "v", secret: { secretName: `${name}-secret` } }];
      const envFrom = [{ configMapRef: { name: `${name}-map` } }];
      const containers = [{ name: "c", image: "i", envFrom }];
      const made = await api.post(
        `${core}/pods`,
        pod(`pod-${name}`, { spec: { nodeName: node, volumes, containers } }),
      );
      expect(made.code, made.text).toBe(201);
      await api.post(`${core}/secrets`, { apiVersion: "v1", kind: "Secret", metadata: { name: `${name}-secret` } });
      await api.post(`${core}/configmaps`, configMap(`${name}-map`));
      await api.post("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: node } });
    }
    const node = await as("system:node:n1", ["system:nodes"]);
    expect((await node.get(`${core}/secrets/mine-secret`)).code).toBe(200);
    expect((await node.get(`${core}/configmaps/mine-map`)).code).toBe(200);
    expect((await node.get(`${core}/secrets/theirs-secret`)).body.message).toBe(
      `secrets "theirs-secret" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n1' and this object`,
    );
    expect((await node.get(`${core}/secrets`)).body.message).toContain(": No Object name found");
    expect((await node.get("/api/v1/nodes/n2")).code).toBe(403);
    expect((await node.get("/api/v1/nodes/n1")).code).toBe(200);
    expect((await node.get("/api/v1/pods")).code).toBe(403);
    expect((await node.get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1")).body.items).toHaveLength(1);
    const status = { status: { phase: "Running" } };
    const merge = { "content-type": "application/merge-patch+json" };
    expect((await node.ask("PATCH", `${core}/pods/pod-mine/status`, status, merge)).code).toBe(200);
    expect((await node.ask("PATCH", `${core}/pods/pod-theirs/status`, status, merge)).code).toBe(403);
    expect((await node.ask("PATCH", "/api/v1/nodes/n2/status", {}, merge)).code).toBe(403);
    expect((await node.ask("POST", `${core}/pods`, pod("own", { spec: { nodeName: "n1" } }))).code).toBe(403);
    const leases = "/apis/coordination.k8s.io/v1/namespaces";
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "n1" } };
    expect((await node.ask("POST", `${leases}/kube-node-lease/leases`, lease)).code).toBe(201);
    expect((await node.get(`${leases}/kube-node-lease/leases/n2`)).code).toBe(403);
    expect((await node.ask("POST", `${leases}/default/leases`, lease)).code).toBe(403);
    // What a pod referred to is out of reach when the pod is gone.
    await api.ask("DELETE", `${core}/pods/pod-mine?gracePeriodSeconds=0`);
    await vi.waitFor(async () => expect((await node.get(`${core}/secrets/mine-secret`)).code).toBe(403));
  });
});

describe("impersonation", () => {
  test("takes the verb impersonate for each part, and gives exactly what was asked for", async () => {
    const whoAmI = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const headers = {
      "impersonate-user": "kim",
      "impersonate-group": "a, b",
      "impersonate-uid": "42",
      "impersonate-extra-scopes%2Fof": "x",
    };
    const { body } = await api.ask("POST", path, { body: whoAmI, headers });
    expect(body.status.userInfo).toEqual({
      username: "kim",
      uid: "42",
      groups: ["a", "b", "system:authenticated"],
      extra: { "scopes/of": ["x"] },
    });
    const account = { "impersonate-user": "system:serviceaccount:default:robot" };
    expect((await api.ask("POST", path, { body: whoAmI, headers: account })).body.status.userInfo.groups).toEqual([
      "system:serviceaccounts",
      "system:serviceaccounts:default",
      "system:authenticated",
    ]);
    const secrets = await api.ask("GET", "/api/v1/secrets", { headers: { "impersonate-user": "kim" } });
    expect(secrets.code).toBe(403);
    await bind("ed2", "edit");
    const ed = await as("ed2");
    expect((await ed.ask("POST", path, whoAmI, account)).code).toBe(201);
    expect((await ed.ask("POST", path, whoAmI, { "impersonate-user": "kim" })).body.message).toBe(
      'users "kim" is forbidden: User "ed2" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    const masters = { ...account, "impersonate-group": "system:masters" };
    expect((await ed.ask("POST", path, whoAmI, masters)).code).toBe(403);
    expect((await api.ask("GET", "/api", { headers: { "impersonate-group": "a" } })).code).toBe(500);
  });
});

describe("start", () => {
  test("brings back what is missing, keeps what was added, leaves alone what is marked", async () => {
    const merge = { "content-type": "application/merge-patch+json" };
    await api.ask("DELETE", `${rbac}/clusterroles/system:kube-dns`);
    await api.ask("PATCH", `${rbac}/clusterroles/system:heapster`, { headers: merge, body: { rules: [] } });
    const off = { metadata: { annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } }, rules: [] };
    await api.ask("PATCH", `${rbac}/clusterroles/system:kube-aggregator`, { headers: merge, body: off });
    const again = await startApi({ store: api.store });
    const rules = async (name: string): Promise<unknown[]> =>
      (await again.get(`${rbac}/clusterroles/${name}`)).body.rules;
    expect(await rules("system:kube-dns")).toHaveLength(1);
    expect(await rules("system:heapster")).not.toHaveLength(0);
    expect(await rules("system:kube-aggregator")).toHaveLength(0);
    await again.api.close();
  });
});
