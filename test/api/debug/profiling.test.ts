/** /debug/pprof: who may see it, and what it gives. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fixture, pod, startApi } from "../fixture.ts";

const see = "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ --profiling";
const rbac = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#other-component-roles";
let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

test(`a CPU profile that V8's tools read (see ${see})`, async () => {
  const { code, headers, body } = await api.get("/debug/pprof/profile?seconds=0.2");
  expect([code, headers["content-disposition"]]).toEqual([200, 'attachment; filename="kl.cpuprofile"']);
  expect(body.nodes.length).toBeGreaterThan(0);
  expect(body.endTime - body.startTime).toBeGreaterThan(100_000);
});

test.each(["0", "-1", "301", "x"])(`seconds=%s is refused (see ${see})`, async (seconds) => {
  expect((await api.get(`/debug/pprof/profile?seconds=${seconds}`)).code).toBe(400);
});

test(`a snapshot of the heap (see ${see})`, async () => {
  const { code, text } = await api.get("/debug/pprof/heap");
  expect(code).toBe(200);
  expect(text.startsWith('{"snapshot":{"meta":')).toBe(true);
  expect(text.trimEnd().endsWith("}")).toBe(true);
}, 60_000);

test.each(["/debug/pprof", "/debug/pprof/"])(`%s lists what there is (see ${see})`, async (path) => {
  expect((await api.get(path)).text).toContain("profile?seconds=30");
});

test(`what is not there is not found (see ${see})`, async () => {
  expect((await api.get("/debug/pprof/goroutine")).code).toBe(404);
});

test(`system:monitoring sees the figures and not the process (see ${rbac})`, async () => {
  const identity = await api.certificates.client("prometheus", ["system:monitoring"]);
  expect((await api.ask("GET", "/metrics", { identity })).code).toBe(200);
  const { code, body } = await api.ask("GET", "/debug/pprof/profile", { identity });
  expect([code, body.message]).toEqual([403, 'forbidden: User "prometheus" cannot get path "/debug/pprof/profile"']);
});

test("nothing of it without profiling (see kube-apiserver --profiling=false)", async () => {
  const without = await startApi({ profiling: false });
  expect((await without.get("/debug/pprof/")).code).toBe(404);
  await without.close();
});

test("events sent to watchers are counted (see https://kubernetes.io/docs/reference/instrumentation/metrics/)", async () => {
  const watching = api.get("/api/v1/namespaces/default/pods?watch=true&timeoutSeconds=1");
  const labels =
    '{component="apiserver",group="",resource="pods",scope="namespace",subresource="",verb="WATCH",version="v1"}';
  await expect
    .poll(async () => (await api.get("/metrics")).text)
    .toContain(`apiserver_longrunning_requests${labels} 1`);
  await api.post("/api/v1/namespaces/default/pods", pod("seen"));
  await watching;
  const { text } = await api.get("/metrics");
  expect(text).toMatch(/apiserver_watch_events_total\{group="",resource="pods",version="v1"\} [1-9]/);
});
