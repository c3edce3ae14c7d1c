import { beforeEach, expect, test } from "vitest";
import { type BufferedEventRecorder, createEventRecorder } from "../../../src/api/client/event-recorder.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import type { KubeObject } from "../../../src/machinery/meta/object.ts";
import { failure } from "../../../src/machinery/status/error.ts";
import type { Event } from "../../../src/machinery/types/core/v1.ts";
import { FakeClock, settle } from "../../fake-clock.ts";
import { FakeCluster } from "./fake-client.ts";

const events = { group: "", version: "v1", resource: "events" };
const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", uid: "u1", resourceVersion: "7" },
};

let clock: FakeClock;
let cluster: FakeCluster;
let recorder: BufferedEventRecorder;

beforeEach(() => {
  clock = new FakeClock("2026-01-01T00:00:00Z");
  cluster = new FakeCluster(clock);
  recorder = createEventRecorder({
    client: cluster,
    clock,
    log: silentLogger,
    component: "default-scheduler",
    random: () => 0.5,
  });
});

test("an event is written into the namespace of its object", async () => {
  recorder.event(pod, "Normal", "Scheduled", "Successfully assigned shop/web to n1");
  await recorder.flush();
  const [event, ...more] = cluster.all<Event>(events, "shop");
  expect(more).toEqual([]);
  expect(event?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
  expect(event).toMatchObject({
    apiVersion: "v1",
    kind: "Event",
    involvedObject: { kind: "Pod", namespace: "shop", name: "web", uid: "u1", apiVersion: "v1", resourceVersion: "7" },
    reason: "Scheduled",
    message: "Successfully assigned shop/web to n1",
    source: { component: "default-scheduler" },
    reportingComponent: "default-scheduler",
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
    count: 1,
    type: "Normal",
  });
});

test("an event about a cluster-scoped object goes to the namespace default", async () => {
  recorder.event({ apiVersion: "v1", kind: "Node", metadata: { name: "n1" } }, "Normal", "NodeReady", "is ready");
  await recorder.flush();
  expect(cluster.all<Event>(events, "default")).toHaveLength(1);
});

test("the same event again raises the count of the one object", async () => {
  recorder.event(pod, "Warning", "FailedScheduling", "0/1 nodes are available");
  await recorder.flush();
  clock.advance(60_000);
  recorder.event(
    { ...pod, metadata: { ...pod.metadata, resourceVersion: "9" } },
    "Warning",
    "FailedScheduling",
    "0/1 nodes are available",
  );
  recorder.event(pod, "Warning", "FailedScheduling", "0/1 nodes are available");
  await recorder.flush();
  const all = cluster.all<Event>(events);
  expect(all).toHaveLength(1);
  expect(all[0]).toMatchObject({
    count: 3,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:01:00Z",
  });
  // Repetitions that waited together were one write.
  expect(cluster.calls.map((call) => call.verb)).toEqual(["create", "patch"]);
});

test("a series whose object has expired begins a new one", async () => {
  recorder.event(pod, "Warning", "Failed", "no");
  await recorder.flush();
  for (const event of cluster.all<Event>(events)) cluster.remove(events, `${event.metadata.name}`, "shop");
  recorder.event(pod, "Warning", "Failed", "no");
  await recorder.flush();
  expect(cluster.all<Event>(events)).toMatchObject([{ count: 2 }]);
});

test("ten similar events within ten minutes become one combined event", async () => {
  for (let i = 0; i < 12; i++) recorder.event(pod, "Warning", "Failed", `attempt ${i}`);
  await recorder.flush();
  const all = cluster.all<Event>(events);
  expect(all).toHaveLength(10);
  expect(all.at(-1)).toMatchObject({ count: 3, message: "(combined from similar events): attempt 11" });
  clock.advance(601_000);
  recorder.event(pod, "Warning", "Failed", "attempt 12");
  await recorder.flush();
  expect(cluster.all<Event>(events).at(-1)?.message).toBe("attempt 12");
});

test("a source may say 25 things of an object at once, then one every five minutes", async () => {
  for (let i = 0; i < 40; i++) recorder.event(pod, "Normal", `Reason${i}`, "x");
  await recorder.flush();
  expect(cluster.all<Event>(events)).toHaveLength(25);
  clock.advance(300_000);
  for (let i = 40; i < 45; i++) recorder.event(pod, "Normal", `Reason${i}`, "x");
  recorder.event({ ...pod, metadata: { name: "other", namespace: "shop" } }, "Normal", "Reason", "x");
  await recorder.flush();
  expect(cluster.all<Event>(events)).toHaveLength(27);
});

test("a failing server is asked again, a refusal is final, and nothing is ever thrown", async () => {
  const allow = cluster.react(() => failure(503, "ServiceUnavailable", "down"));
  recorder.event(pod, "Normal", "Pulled", "x");
  await settle();
  expect(cluster.all(events)).toHaveLength(0);
  allow();
  await clock.run(5_000);
  await recorder.flush();
  expect(cluster.all(events)).toHaveLength(1);

  cluster.react(() => failure(403, "Forbidden", "because it is being terminated"));
  recorder.event(pod, "Normal", "Killing", "x");
  await recorder.flush();
  expect(cluster.all(events)).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test("the queue is bounded and many objects are written side by side", async () => {
  for (let i = 0; i < 10_050; i++) {
    recorder.event({ kind: "Pod", metadata: { name: `p${i}`, namespace: "a" } }, "Normal", "Scheduled", "x");
  }
  await recorder.flush();
  expect(cluster.all(events)).toHaveLength(10_000);
});

test("stop drops what waits for a retry", async () => {
  cluster.react(() => failure(503, "ServiceUnavailable", "down"));
  recorder.event(pod, "Normal", "Pulled", "x");
  await settle();
  await recorder.stop();
  expect(clock.pending).toBe(0);
  recorder.event(pod, "Normal", "Pulled", "y");
  expect(cluster.calls).toHaveLength(1);
});
