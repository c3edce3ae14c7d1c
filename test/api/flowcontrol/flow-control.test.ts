/** API Priority and Fairness over HTTPS. */
import { once } from "node:events";
import { request } from "node:https";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Answer, Fixture } from "../fixture.ts";
import { configMap, startApi } from "../fixture.ts";

const concepts = "https://kubernetes.io/docs/concepts/cluster-administration/flow-control/";
const group = "/apis/flowcontrol.apiserver.k8s.io/v1";
type Identity = { readonly key: string; readonly cert: string };

let api: Fixture;
const identities: Record<string, Identity> = {};

beforeAll(async () => {
  api = await startApi();
  for (const [name, groups] of [
    ["noisy", []],
    ["quiet", []],
    ["system:node:a", ["system:nodes"]],
    ["system:kube-scheduler", []],
  ] as const) {
    identities[name] = await api.certificates.client(name, groups);
  }
  for (const name of ["noisy", "quiet"]) {
    await api.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "User", name, apiGroup: "rbac.authorization.k8s.io" }],
    });
  }
});

afterAll(() => api.close());

function as(name: string, method: string, path: string): Promise<Answer> {
  return api.ask(method, path, { identity: identities[name] as Identity });
}

async function uidOf(plural: string, name: string): Promise<string> {
  return (await api.get(`${group}/${plural}/${name}`)).body.metadata.uid;
}

describe("the defaults", () => {
  const levels: [string, string, number, number, string][] = [
    ["exempt", "Exempt", 0, 0, ""],
    ["catch-all", "Limited", 5, 0, "Reject"],
    ["system", "Limited", 30, 33, "Queue 64 6 50"],
    ["node-high", "Limited", 40, 25, "Queue 64 6 50"],
    ["leader-election", "Limited", 10, 0, "Queue 16 4 50"],
    ["workload-high", "Limited", 40, 50, "Queue 128 6 50"],
    ["workload-low", "Limited", 100, 90, "Queue 128 6 50"],
    ["global-default", "Limited", 20, 50, "Queue 128 6 50"],
  ];
  test.each(levels)(`priority level %s (see ${concepts}#defaults)`, async (name, type, shares, lendable, response) => {
    const { spec, metadata } = (await api.get(`${group}/prioritylevelconfigurations/${name}`)).body;
    expect(metadata.annotations["apf.kubernetes.io/autoupdate-spec"]).toBe("true");
    const { nominalConcurrencyShares, lendablePercent, limitResponse } = spec.limited ?? spec.exempt;
    expect([spec.type, nominalConcurrencyShares, lendablePercent]).toEqual([type, shares, lendable]);
    const { queues, handSize, queueLengthLimit } = limitResponse?.queuing ?? {};
    const text = limitResponse?.queuing
      ? `Queue ${queues} ${handSize} ${queueLengthLimit}`
      : (limitResponse?.type ?? "");
    expect(text).toBe(response);
  });

  const schemas: [string, string, number, string | undefined][] = [
    ["exempt", "exempt", 1, undefined],
    ["probes", "exempt", 2, undefined],
    ["system-leader-election", "leader-election", 100, "ByUser"],
    ["endpoint-controller", "workload-high", 150, "ByUser"],
    ["workload-leader-election", "leader-election", 200, "ByUser"],
    ["system-node-high", "node-high", 400, "ByUser"],
    ["system-nodes", "system", 500, "ByUser"],
    ["kube-controller-manager", "workload-high", 800, "ByNamespace"],
    ["kube-scheduler", "workload-high", 800, "ByNamespace"],
    ["kube-system-service-accounts", "workload-high", 900, "ByNamespace"],
    ["service-accounts", "workload-low", 9000, "ByUser"],
    ["global-default", "global-default", 9900, "ByUser"],
    ["catch-all", "catch-all", 10000, "ByUser"],
  ];
  test.each(schemas)(`flow schema %s (see ${concepts}#defaults)`, async (name, level, precedence, flows) => {
    await vi.waitFor(async () => {
      const { spec, status } = (await api.get(`${group}/flowschemas/${name}`)).body;
      expect([spec.priorityLevelConfiguration.name, spec.matchingPrecedence, spec.distinguisherMethod?.type]).toEqual([
        level,
        precedence,
        flows,
      ]);
      expect(status.conditions).toMatchObject([
        {
          type: "Dangling",
          status: "False",
          reason: "Found",
          message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" and it exists`,
        },
      ]);
    });
  });

  test(`a mandatory object that is deleted comes back (see ${concepts}#mandatory-configuration-objects)`, async () => {
    const before = await uidOf("flowschemas", "catch-all");
    expect((await api.ask("DELETE", `${group}/flowschemas/catch-all`)).code).toBe(200);
    await vi.waitFor(async () => {
      const { code, body } = await api.get(`${group}/flowschemas/catch-all`);
      expect(code).toBe(200);
      expect(body.metadata.uid).not.toBe(before);
    });
  });
});

describe("classification, told in the answer's headers", () => {
  const cases: [string, string, string, string, string][] = [
    ["noisy", "GET", "/api/v1/pods", "global-default", "global-default"],
    ["noisy", "GET", "/api", "global-default", "global-default"],
    ["system:node:a", "GET", "/api/v1/nodes/a", "system-node-high", "node-high"],
    ["system:node:a", "GET", "/api/v1/services", "system-nodes", "system"],
    [
      "system:node:a",
      "GET",
      "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a",
      "system-node-high",
      "node-high",
    ],
    ["system:kube-scheduler", "GET", "/api/v1/pods", "kube-scheduler", "workload-high"],
    [
      "system:kube-scheduler",
      "GET",
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/s",
      "system-leader-election",
      "leader-election",
    ],
  ];
  test.each(cases)(`%s %s %s belongs to %s (see ${concepts}#diagnostics)`, async (who, method, path, schema, level) => {
    const { headers } = await as(who, method, path);
    expect(headers["x-kubernetes-pf-flowschema-uid"]).toBe(await uidOf("flowschemas", schema));
    expect(headers["x-kubernetes-pf-prioritylevel-uid"]).toBe(await uidOf("prioritylevelconfigurations", level));
  });

  test(`system:masters are exempt (see ${concepts}#exempt)`, async () => {
    const { headers } = await api.get("/api/v1/pods");
    expect(headers["x-kubernetes-pf-flowschema-uid"]).toBe(await uidOf("flowschemas", "exempt"));
  });

  test(`a schema with a lower precedence comes first (see ${concepts}#flowschema)`, async () => {
    const rules = [
      {
        subjects: [{ kind: "User", user: { name: "quiet" } }],
        resourceRules: [{ verbs: ["list"], apiGroups: [""], resources: ["secrets"], namespaces: ["default"] }],
      },
    ];
    const spec = { matchingPrecedence: 50, priorityLevelConfiguration: { name: "workload-high" }, rules };
    const made = await api.post(`${group}/flowschemas`, { metadata: { name: "quiet-secrets" }, spec });
    expect(made.code).toBe(201);
    const uid = made.body.metadata.uid;
    await vi.waitFor(async () => {
      const { headers } = await as("quiet", "GET", "/api/v1/namespaces/default/secrets");
      expect(headers["x-kubernetes-pf-flowschema-uid"]).toBe(uid);
    });
    for (const path of [
      "/api/v1/namespaces/kube-system/secrets",
      "/api/v1/secrets",
      "/api/v1/namespaces/default/pods",
    ]) {
      expect((await as("quiet", "GET", path)).headers["x-kubernetes-pf-flowschema-uid"]).not.toBe(uid);
    }
    await api.ask("DELETE", `${group}/flowschemas/quiet-secrets`);
  });

  test(`a schema whose level is missing is passed over and says so (see ${concepts}#flowschema)`, async () => {
    const rules = [{ subjects: [{ kind: "User", user: { name: "quiet" } }], resourceRules: [everything] }];
    const spec = { matchingPrecedence: 51, priorityLevelConfiguration: { name: "nowhere" }, rules };
    const { body } = await api.post(`${group}/flowschemas`, { metadata: { name: "dangling" }, spec });
    await vi.waitFor(async () => {
      const { status } = (await api.get(`${group}/flowschemas/dangling`)).body;
      expect(status.conditions).toMatchObject([{ type: "Dangling", status: "True", reason: "NotFound" }]);
    });
    const { headers, code } = await as("quiet", "GET", "/api/v1/pods");
    expect(code).toBe(200);
    expect(headers["x-kubernetes-pf-flowschema-uid"]).not.toBe(body.metadata.uid);
    await api.ask("DELETE", `${group}/flowschemas/dangling`);
  });
});

const everything = { verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] };

describe("under load", () => {
  test("one user's 200 list-heavy clients leave another user's get quick (see KEP-1040)", async () => {
    const text = "x".repeat(200);
    const path = "/api/v1/namespaces/default/configmaps";
    for (let i = 0; i < 3000; i += 100) {
      const names = Array.from({ length: 100 }, (_, j) => `c-${i + j}`);
      await Promise.all(names.map((name) => api.post(path, configMap(name, { text }))));
    }
    await as("quiet", "GET", `${path}/c-1`);
    const worker = new Worker(new URL("./noisy-clients.ts", import.meta.url), {
      workerData: {
        port: api.port,
        ca: api.certificates.authority.cert,
        identity: identities.noisy,
        paths: [path, `${path}?labelSelector=app%3Dnone`],
        clients: 200,
      },
    });
    const done = new Promise<Map<number, number>>((resolve, reject) => {
      worker.on("message", (told: { done: boolean; codes: Map<number, number> }) => told.done && resolve(told.codes));
      worker.on("error", reject);
    });
    await once(worker, "message");
    const latencies: number[] = [];
    let waiting = 0;
    for (let i = 0; i < 40; i++) {
      const start = performance.now();
      expect((await as("quiet", "GET", `${path}/c-${i}`)).code).toBe(200);
      latencies.push(performance.now() - start);
      const metrics = (await api.get("/metrics")).text;
      const inQueue = /current_inqueue_requests\{flow_schema="global-default".*\} (\d+)/.exec(metrics)?.[1];
      waiting = Math.max(waiting, Number(inQueue));
    }
    worker.postMessage("stop");
    const codes = await done;
    await worker.terminate();
    latencies.sort((a, b) => a - b);
    console.info(
      `get beside 200 listing clients: median ${latencies[20]?.toFixed(1)} ms, p90 ${latencies[36]?.toFixed(1)} ms, ${waiting} waited`,
    );
    expect(waiting).toBeGreaterThan(50);
    expect([...codes.keys()]).toEqual([200]);
    // What 200 lists of 3,000 objects take one after the other is some seconds.
    expect(latencies[20]).toBeLessThan(250);
  }, 60_000);
});

describe("refusals", () => {
  let small: Fixture;
  beforeAll(async () => {
    small = await startApi({
      limits: { maxRequestsInflight: 1, maxMutatingRequestsInflight: 0, requestTimeout: 2000 },
    });
    const subjects = ["rejected", "queued"].map((name) => ({
      kind: "User",
      name,
      apiGroup: "rbac.authorization.k8s.io",
    }));
    await small.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "both" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects,
    });
    await level("rejecting", { type: "Reject" }, "rejected");
    await level("queueing", { type: "Queue", queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } }, "queued");
  });
  afterAll(() => small.close());

  /** A level of one seat, and the user whose requests belong there. */
  async function level(name: string, limitResponse: object, user: string): Promise<void> {
    await small.post(`${group}/prioritylevelconfigurations`, {
      metadata: { name },
      spec: { type: "Limited", limited: { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse } },
    });
    const rules = [{ subjects: [{ kind: "User", user: { name: user } }], resourceRules: [everything] }];
    const spec = { matchingPrecedence: 60, priorityLevelConfiguration: { name }, rules };
    await small.post(`${group}/flowschemas`, { metadata: { name }, spec });
  }

  /** Takes a seat for as long as its body does not end. */
  function hold(identity: Identity): () => Promise<number> {
    const outgoing = request({
      host: "127.0.0.1",
      port: small.port,
      method: "POST",
      path: "/api/v1/namespaces/default/configmaps",
      ca: small.certificates.authority.cert,
      ...identity,
      headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
    });
    const answered = new Promise<number>((resolve, reject) => {
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      });
    });
    outgoing.write("{");
    return () => {
      outgoing.end("}");
      return answered;
    };
  }

  async function metric(text: string): Promise<void> {
    await vi.waitFor(async () => expect((await small.get("/metrics")).text).toContain(text));
  }

  test(`a full level that rejects answers 429 (see ${concepts}#prioritylevelconfiguration)`, async () => {
    const identity = await small.certificates.client("rejected", []);
    const labels = '{flow_schema="rejecting",priority_level="rejecting"';
    const release = hold(identity);
    await metric(`apiserver_flowcontrol_current_executing_requests${labels}} 1`);
    const { code, text, headers } = await small.ask("GET", "/api/v1/namespaces/default/configmaps/a", { identity });
    expect([code, text]).toEqual([429, "Too many requests, please try again later.\n"]);
    expect(headers["retry-after"]).toBe("1");
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(headers["x-kubernetes-pf-flowschema-uid"]).toMatch(/^[0-9a-f-]{36}$/);
    await metric(`apiserver_flowcontrol_rejected_requests_total${labels},reason="concurrency-limit"} 1`);
    expect(await release()).toBe(422);
    await metric(`apiserver_flowcontrol_current_executing_requests${labels}} 0`);
    expect((await small.ask("GET", "/api/v1/namespaces/default/configmaps/a", { identity })).code).toBe(404);
  });

  test(`a queue that is full answers 429, and so does one that is waited in for too long (see ${concepts}#queuing)`, async () => {
    const identity = await small.certificates.client("queued", []);
    const labels = '{flow_schema="queueing",priority_level="queueing"';
    const release = hold(identity);
    await metric(`apiserver_flowcontrol_current_executing_requests${labels}} 1`);
    const get = () => small.ask("GET", "/api/v1/namespaces/default/configmaps/a", { identity });
    const waiting = [get(), get()];
    await metric(`apiserver_flowcontrol_current_inqueue_requests${labels}} 2`);
    expect((await get()).code).toBe(429);
    await metric(`apiserver_flowcontrol_rejected_requests_total${labels},reason="queue-full"} 1`);
    expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual([429, 429]);
    await metric(`apiserver_flowcontrol_rejected_requests_total${labels},reason="time-out"} 2`);
    const served = get();
    await metric(`apiserver_flowcontrol_current_inqueue_requests${labels}} 1`);
    expect(await release()).toBe(422);
    expect((await served).code).toBe(404);
    await metric('apiserver_flowcontrol_current_executing_seats{priority_level="queueing"} 0');
  });
});
