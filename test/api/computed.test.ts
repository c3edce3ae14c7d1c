/** Kinds that are not stored: metrics.k8s.io and componentstatuses. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentLink, NodeStats } from "../../proto/agent.ts";
import { kubectls, runClient } from "../clients/kubectl.ts";
import { type Fixture, startApi } from "./fixture.ts";

let api: Fixture;
const pods: { uid: string; name: string }[] = [];
const usage = (cores: number, mebibytes: number) => ({
  cpuNanoCores: cores * 1e9,
  cpuNanoseconds: 1e12,
  memoryUsageBytes: 2 * mebibytes * 2 ** 20,
  memoryWorkingSetBytes: mebibytes * 2 ** 20,
});
const stats = async (): Promise<NodeStats> => ({
  time: "2026-01-01T10:20:30.456Z",
  windowMilliseconds: 15_014,
  node: usage(1.5, 4096),
  pods: pods.map(({ uid, name }) => ({
    pod: { namespace: "default", name, uid },
    containers: [
      { name: "app", ...usage(0.25, 64) },
      { name: "side", ...usage(0.5, 32) },
    ],
  })),
});

beforeAll(async () => {
  const agents: Record<string, Partial<AgentLink>> = {
    n1: { stats },
    n2: {},
    n3: { stats: () => Promise.reject(new Error("away")) },
  };
  api = await startApi({ agentOf: (name) => agents[name] as AgentLink | undefined });
  const capacity = { cpu: "4", memory: "8Gi" };
  for (const name of ["n1", "n2", "n3", "n4"]) {
    await api.post("/api/v1/nodes", {
      metadata: { name, labels: { zone: name } },
      status: { capacity, allocatable: capacity },
    });
  }
  for (const [name, nodeName] of [
    ["web", "n1"],
    ["web-2", "n1"],
    ["far", "n2"],
    ["late", ""],
  ]) {
    const spec = { containers: [{ name: "app", image: "x" }], ...(nodeName ? { nodeName } : {}) };
    const { body } = await api.post("/api/v1/namespaces/default/pods", {
      metadata: { name, labels: { app: name } },
      spec,
    });
    if (nodeName === "n1") pods.push({ uid: body.metadata.uid, name: name ?? "" });
  }
});
afterAll(() => api.close());

const metrics = "/apis/metrics.k8s.io/v1beta1";

describe("metrics.k8s.io", () => {
  test("nodes that measure have NodeMetrics", async () => {
    const { body } = await api.get(`${metrics}/nodes`);
    expect(body).toMatchObject({ kind: "NodeMetricsList", apiVersion: "metrics.k8s.io/v1beta1" });
    expect(body.items).toEqual([
      {
        kind: "NodeMetrics",
        apiVersion: "metrics.k8s.io/v1beta1",
        metadata: { name: "n1", creationTimestamp: expect.any(String), labels: { zone: "n1" } },
        timestamp: "2026-01-01T10:20:30Z",
        window: "15.014s",
        usage: { cpu: "1500000000n", memory: "4194304Ki" },
      },
    ]);
    expect((await api.get(`${metrics}/nodes/n1`)).body.usage).toEqual(body.items[0].usage);
  });

  test("running pods have PodMetrics, by namespace and over all, and by selector", async () => {
    const names = async (path: string) =>
      (await api.get(`${metrics}/${path}`)).body.items.map(
        ({ metadata }: { metadata: { name: string } }) => metadata.name,
      );
    expect(await names("namespaces/default/pods")).toEqual(["web", "web-2"]);
    expect(await names("pods")).toEqual(["web", "web-2"]);
    expect(await names("namespaces/kube-system/pods")).toEqual([]);
    expect(await names("pods?labelSelector=app%3Dweb")).toEqual(["web"]);
    const { body } = await api.get(`${metrics}/namespaces/default/pods/web`);
    expect(body.containers).toEqual([
      { name: "app", usage: { cpu: "250000000n", memory: "65536Ki" } },
      { name: "side", usage: { cpu: "500000000n", memory: "32768Ki" } },
    ]);
  });

  test.each([
    ["namespaces/default/pods/far", 'podmetrics.metrics.k8s.io "default/far" not found'],
    ["nodes/n3", 'nodemetrics.metrics.k8s.io "n3" not found'],
  ])("%s is not there", async (path, message) => {
    const { code, body } = await api.get(`${metrics}/${path}`);
    expect([code, body.message]).toEqual([404, message]);
  });

  test("nothing can be written or watched", async () => {
    expect((await api.post(`${metrics}/nodes`, {})).code).toBe(405);
    expect((await api.ask("DELETE", `${metrics}/nodes/n1`)).code).toBe(405);
    expect((await api.get(`${metrics}/nodes?watch=1`)).code).toBe(405);
  });

  test("is announced, in protobuf and as a table", async () => {
    const { body } = await api.get(metrics);
    expect(body.resources.map(({ name, verbs }: { name: string; verbs: string[] }) => `${name} ${verbs}`)).toEqual([
      "nodes get,list",
      "pods get,list",
    ]);
    const headers = { accept: "application/vnd.kubernetes.protobuf" };
    const proto = await api.ask("GET", `${metrics}/nodes`, { headers });
    expect([proto.code, proto.text.slice(0, 3)]).toEqual([200, "k8s"]);
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const table = await api.ask("GET", `${metrics}/namespaces/default/pods`, { headers: { accept } });
    expect(table.body.rows[0].cells).toEqual(["web", "750m", "96Mi", "15.014s"]);
  });

  test("kubectl top, both versions", async () => {
    for (const binary of await kubectls()) {
      const top = async (...args: string[]) => {
        const { stdout, stderr } = await runClient(binary, ["top", ...args], { kubeconfig: api.kubeconfig });
        return (stdout + stderr).split("\n").map((line) => line.trim().split(/ {2,}/).join("|"));
      };
      const nodes = await top("node");
      expect(nodes[0]).toMatch(/^NAME\|CPU\(cores\)\|CPU(%|\(%\))\|MEMORY\(bytes\)\|MEMORY(%|\(%\))$/);
      expect(nodes.find((line) => line.startsWith("n1"))).toBe("n1|1500m|37%|4096Mi|50%");
      expect(await top("pod")).toEqual(["NAME|CPU(cores)|MEMORY(bytes)", "web|750m|96Mi", "web-2|750m|96Mi", ""]);
      expect(await top("pod", "web", "--containers")).toContain("web|side|500m|32Mi");
    }
  });
});

describe("componentstatuses", () => {
  test("the parts of the control plane, with the warning that nobody should look", async () => {
    const answer = await api.get("/api/v1/componentstatuses");
    const items: { metadata: { name: string }; conditions: object[] }[] = answer.body.items;
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["controller-manager", "etcd-0", "scheduler"]);
    expect(items[1]?.conditions).toEqual([{ type: "Healthy", status: "True", message: "ok" }]);
    expect(answer.headers.warning).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
    expect((await api.get("/api/v1/componentstatuses/none")).code).toBe(404);
  });
});

describe("apiservices", () => {
  const apiServices = "/apis/apiregistration.k8s.io/v1/apiservices";

  test("what is served here is local and available", async () => {
    const { body } = await api.get(apiServices);
    const names = body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(["v1.", "v1.apps", "v2.autoscaling", "v1beta1.metrics.k8s.io"]));
    const one = (await api.get(`${apiServices}/v1.apps`)).body;
    expect(one.spec).toEqual({ group: "apps", version: "v1", groupPriorityMinimum: 17_800, versionPriority: 15 });
    expect(one.status.conditions[0]).toMatchObject({ type: "Available", status: "True", reason: "Local" });
    for (const binary of await kubectls()) {
      const { stdout } = await runClient(binary, ["get", "apiservices", "v1.apps"], { kubeconfig: api.kubeconfig });
      expect(stdout).toMatch(/^NAME +SERVICE +AVAILABLE +AGE\nv1.apps +Local +True +\d+s\n$/);
    }
  });

  test("its name says what it is of", async () => {
    const spec = { group: "example.com", version: "v1", groupPriorityMinimum: 100, versionPriority: 100 };
    const made = await api.post(apiServices, { metadata: { name: "wrong" }, spec });
    expect([made.code, made.body.message]).toEqual([
      422,
      'APIService.apiregistration.k8s.io "wrong" is invalid: metadata.name: Invalid value: "wrong": must be `spec.version+"."+spec.group`: "v1.example.com"',
    ]);
  });
});
