import { request } from "node:https";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { configMap, type Fixture, startApi } from "./fixture.ts";

const maps = "/api/v1/namespaces/default/configmaps";
let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** The value of the one line that begins with the name and has all these labels. */
async function metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  const { text } = await api.get("/metrics");
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const found = lines.filter((line) => wanted.every((part) => line.includes(part)));
  expect(found.length).toBeLessThan(2);
  return found[0] === undefined ? undefined : Number(found[0].slice(found[0].lastIndexOf(" ") + 1));
}

it("counts requests by verb, resource, scope and code", async () => {
  await api.post(maps, configMap("a"));
  await api.post(maps, configMap("a"));
  for (let i = 0; i < 3; i++) await api.get(`${maps}/a`);
  await api.get(`${maps}/none`);
  await api.get("/api/v1/configmaps");
  const labels = { resource: "configmaps", group: "", version: "v1" };
  expect(await metric("apiserver_request_total", { ...labels, verb: "POST", code: "201" })).toBe(1);
  expect(await metric("apiserver_request_total", { ...labels, verb: "POST", code: "409" })).toBe(1);
  expect(await metric("apiserver_request_total", { ...labels, verb: "GET", code: "200", scope: "resource" })).toBe(3);
  expect(await metric("apiserver_request_total", { ...labels, verb: "GET", code: "404" })).toBe(1);
  expect(await metric("apiserver_request_total", { ...labels, verb: "LIST", scope: "cluster" })).toBe(1);
  expect(await metric("apiserver_request_duration_seconds_count", { ...labels, verb: "GET" })).toBe(4);
  expect(await metric("apiserver_request_duration_seconds_bucket", { ...labels, verb: "GET", le: "+Inf" })).toBe(4);
  expect(await metric("apiserver_storage_objects", { resource: "configmaps" })).toBeGreaterThan(0);
  expect(await metric("apiserver_current_inflight_requests", { request_kind: "readOnly" })).toBe(1);
  expect(await metric("process_resident_memory_bytes")).toBeGreaterThan(1e6);
});

it("tells the watches that run", async () => {
  const labels = { verb: "WATCH", resource: "configmaps" };
  const { port, certificates } = api;
  const options = { host: "127.0.0.1", port, path: `${maps}?watch=1`, ca: certificates.authority.cert };
  const outgoing = request({ ...options, ...certificates.admin }, (response) => response.on("error", () => undefined));
  outgoing.on("error", () => undefined);
  outgoing.end();
  await vi.waitFor(async () => expect(await metric("apiserver_longrunning_requests", labels)).toBe(1), 5000);
  outgoing.destroy();
  await vi.waitFor(async () => expect(await metric("apiserver_longrunning_requests", labels)).toBe(0), 5000);
});

it("does not count what is not there, and tells nothing to nobody", async () => {
  await api.get("/api/v1/namespaces/default/nonsense");
  expect((await api.get("/metrics")).text).not.toContain("nonsense");
  expect([401, 403]).toContain((await api.ask("GET", "/metrics", { identity: null })).code);
});
