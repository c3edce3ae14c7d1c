/** Request tracing over HTTPS, seen from the collector. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Auditor } from "../../../src/api/audit/auditor.ts";
import { AuditPolicy } from "../../../src/api/audit/policy.ts";
import { createTracing } from "../../../src/api/tracing/create-tracing.ts";
import type { ApiServerOptions } from "../../../src/api/types.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import { type Logger, silentLogger } from "../../../src/machinery/logger.ts";
import { configMap, type Fixture, startApi } from "../fixture.ts";
import { type CollectedSpan, type Collector, startCollector } from "./collector.ts";

const docs = "https://kubernetes.io/docs/concepts/cluster-administration/system-traces/";
const kep = "https://github.com/kubernetes/enhancements/tree/master/keps/sig-instrumentation/647-apiserver-tracing";
const configMaps = "/api/v1/namespaces/default/configmaps";
const traceId = "0af7651916cd43dd8448eb211c80319c";
const parent = "b7ad6b7169203331";
const sampled = { traceparent: `00-${traceId}-${parent}-01` };

let collector: Collector;
let api: Fixture | undefined;

beforeEach(async () => {
  collector = await startCollector();
});

afterEach(async () => {
  await api?.close();
  api = undefined;
  collector.close();
});

async function start(samplingRatePerMillion: number, options: Partial<ApiServerOptions> = {}): Promise<Fixture> {
  const { endpoint } = collector;
  const tracing = createTracing({ endpoint, samplingRatePerMillion }, systemClock, silentLogger);
  api = await startApi({ ...options, tracing });
  return api;
}

/** The server stops, and with that sends what it still has. */
async function stop(): Promise<void> {
  await api?.close();
  api = undefined;
}

function only(name: string): CollectedSpan {
  const [span, ...more] = collector.named(name);
  expect(more).toEqual([]);
  if (span === undefined) throw new Error(`no ${name} in ${collector.spans.map((other) => other.name).join(", ")}`);
  return span;
}

const post = "POST /api/v1/namespaces/{:namespace}/configmaps";
const everyRequest = 1_000_000;

describe("spans", () => {
  test(`a create is a span with its steps below (see ${docs}#kube-apiserver-traces)`, async () => {
    const { port } = await start(everyRequest);
    const body = JSON.stringify(configMap("c", { a: "b" }));
    const headers = { "content-type": "application/json", "user-agent": "tester/1", "audit-id": "one" };
    const { code, text } = await (api as Fixture).ask("POST", `${configMaps}?fieldManager=me`, { headers, body });
    expect(code).toBe(201);
    await stop();
    const server = only(post);
    expect(server).toMatchObject({ kind: 2, parentSpanId: "", status: 0 });
    expect(server.attributes).toEqual({
      "http.request.method": "POST",
      "http.target": `${configMaps}?fieldManager=me`,
      "url.scheme": "https",
      "url.path": configMaps,
      "network.protocol.version": "1.1",
      "network.peer.address": "127.0.0.1",
      "network.peer.port": expect.any(Number),
      "server.address": "127.0.0.1",
      "server.port": port,
      "client.address": "127.0.0.1",
      "user_agent.original": "tester/1",
      "audit-id": "one",
      "http.request.body.size": body.length,
      "http.response.body.size": text.length,
      "http.response.status_code": 201,
    });
    const create = only("Create");
    expect(create).toMatchObject({ parentSpanId: server.spanId, traceId: server.traceId, kind: 1 });
    expect(create.attributes).toMatchObject({
      resource: "configmaps",
      scope: "namespace",
      verb: "POST",
      client: "127.0.0.1",
    });
    expect(create.events).toEqual([
      { name: "limitedReadBody succeeded", attributes: { len: body.length } },
      { name: "About to write a response", attributes: { size: text.length } },
    ]);
    const steps = collector.spans.filter(({ parentSpanId }) => parentSpanId === create.spanId);
    expect(steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Deserialize", "Mutating admission", "Validating admission", "Create store"]),
    );
    expect(only("Create store").attributes).toEqual({ key: expect.stringMatching(/configmaps\/default\/c$/) });
    for (const { start, end } of [create, ...steps]) {
      expect(start).toBeGreaterThanOrEqual(server.start);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(server.end);
    }
  });

  test(`what one request asks of the store is in no other's trace (see ${docs})`, async () => {
    const { ask } = await start(everyRequest);
    const names = ["a", "b", "c", "d"];
    await Promise.all(names.map((name) => ask("POST", configMaps, { body: configMap(name) })));
    await stop();
    const traces = names.map((name) => {
      const [step, ...more] = collector
        .named("Create store")
        .filter(({ attributes }) => String(attributes.key).endsWith(`/${name}`));
      expect(more).toEqual([]);
      return step?.traceId;
    });
    expect(new Set(traces).size).toBe(names.length);
    expect(new Set(traces)).toEqual(new Set(collector.named(post).map((span) => span.traceId)));
  });

  test(`a large list is written in a span of its own (see ${docs})`, async () => {
    const { ask, get } = await start(0);
    const data = { blob: "x".repeat(200_000) };
    for (const name of ["a", "b"]) await ask("POST", configMaps, { body: configMap(name, data) });
    await ask("GET", configMaps, { headers: sampled });
    await get(configMaps);
    await stop();
    const list = only("List");
    expect(only("List store").parentSpanId).toBe(list.spanId);
    expect(only("SerializeObject")).toMatchObject({
      parentSpanId: list.spanId,
      attributes: { method: "GET", url: configMaps, mediaType: "application/json" },
    });
  });

  test(`a watch's span is as long as the watch (see ${docs})`, async () => {
    const { ask } = await start(everyRequest);
    await ask("GET", `${configMaps}?watch=1&timeoutSeconds=1`);
    await stop();
    const watch = only("GET /api/v1/namespaces/{:namespace}/configmaps");
    expect(watch.end - watch.start).toBeGreaterThan(900_000_000n);
    expect(watch.attributes["http.response.status_code"]).toBe(200);
  });

  test(`other paths are named by their method; refusals end with their code (see ${docs})`, async () => {
    const { ask, certificates } = await start(everyRequest);
    await ask("GET", "/metrics");
    const identity = await certificates.client("nobody", []);
    await ask("GET", "/api/v1/nodes/n", { identity });
    await stop();
    expect(only("GET").attributes).toMatchObject({ "url.path": "/metrics", "http.response.status_code": 200 });
    expect(only("GET /api/v1/nodes/{:name}").attributes["http.response.status_code"]).toBe(403);
    expect(collector.named("Get")).toEqual([]);
  });

  test(`the audit log's id is in the trace (see ${kep})`, async () => {
    const policy = AuditPolicy.parse({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "Metadata" }] });
    const lines: string[] = [];
    const sink = { write: (line: string) => void lines.push(line), lost: 0, close: async () => undefined };
    const { post: create } = await start(everyRequest, { audit: new Auditor(policy, sink, systemClock) });
    lines.length = 0;
    const { headers } = await create(configMaps, configMap("c"));
    await stop();
    expect(headers["audit-id"]).toMatch(/^[\da-f-]{36}$/);
    expect(only(post).attributes["audit-id"]).toBe(headers["audit-id"]);
    const stages = lines.map((line) => JSON.parse(line)).filter(({ auditID }) => auditID === headers["audit-id"]);
    expect(stages.map(({ stage }) => stage)).toEqual(["RequestReceived", "ResponseComplete"]);
  });
});

describe("who decides", () => {
  test(`a trusted sender's trace is carried on, sampled or not as it says (see ${kep})`, async () => {
    const { ask } = await start(0);
    await ask("POST", configMaps, { body: configMap("a"), headers: sampled });
    await ask("POST", configMaps, { body: configMap("b"), headers: { traceparent: `00-${traceId}-${parent}-00` } });
    await ask("POST", configMaps, { body: configMap("c") });
    await stop();
    expect(only(post)).toMatchObject({ traceId, parentSpanId: parent });
    expect(only("Create store").attributes.key).toMatch(/\/a$/);
  });

  test(`anybody else's is only linked to, and does not decide on sampling (see ${kep})`, async () => {
    const { ask, certificates } = await start(everyRequest);
    const identity = await certificates.client("somebody", ["dev"]);
    await ask("GET", configMaps, { identity, headers: sampled });
    await stop();
    const span = only("GET /api/v1/namespaces/{:namespace}/configmaps");
    expect(span.traceId).not.toBe(traceId);
    expect(span).toMatchObject({ parentSpanId: "", links: [{ traceId, spanId: parent }] });
  });

  test(`nor does it where nothing is sampled (see ${kep})`, async () => {
    const { ask, certificates } = await start(0);
    const identity = await certificates.client("somebody", ["dev"]);
    await ask("GET", configMaps, { identity, headers: sampled });
    await ask("GET", "/api/v1/nodes/n", { headers: sampled });
    await stop();
    expect(collector.named("GET /api/v1/namespaces/{:namespace}/configmaps")).toEqual([]);
    expect(only("GET /api/v1/nodes/{:name}").traceId).toBe(traceId);
  });
});

describe("the collector", () => {
  test(`is told who sends, and what the environment says (see ${docs}#trace-collection)`, async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret");
    vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "k8s.cluster.name=home");
    try {
      const { get } = await start(everyRequest);
      await get(configMaps);
      await stop();
    } finally {
      vi.unstubAllEnvs();
    }
    expect(collector.headers).toMatchObject({ "api-key": "secret" });
    expect(collector.resource).toEqual({
      "service.name": "apiserver",
      "service.instance.id": expect.stringMatching(/^apiserver-[\da-f]{32}$/),
      "k8s.cluster.name": "home",
    });
  });

  test(`may be away: requests go on, and the server stops in time (see ${docs}#trace-collection)`, async () => {
    collector.close();
    const warnings: string[] = [];
    const log: Logger = { ...silentLogger, warn: (_, message) => void warnings.push(message) };
    const { endpoint } = collector;
    const tracing = createTracing({ endpoint, samplingRatePerMillion: everyRequest }, systemClock, log);
    api = await startApi({ tracing });
    expect((await api.get(configMaps)).code).toBe(200);
    const before = performance.now();
    await stop();
    expect(performance.now() - before).toBeLessThan(3000);
    expect(warnings).toEqual(["the trace collector does not take spans: they are lost"]);
  });
});
