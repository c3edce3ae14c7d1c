import { expect, test } from "vitest";
import { createEventRecorder } from "../../../src/agent/events/recorder.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { FakeClock } from "../../fake-clock.ts";
import { FakeLink } from "../fake-link.ts";

const about = { kind: "Pod", namespace: "default", name: "web", uid: "u" };

test("what repeats is counted, and travels in batches", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  const link = new FakeLink();
  const recorder = createEventRecorder({ nodeName: "n1", link, clock, log: silentLogger });
  recorder.event(about, "Warning", "BackOff", "again");
  recorder.event({ ...about, fieldPath: "spec.containers{app}" }, "Normal", "Started", "Container started");
  await clock.run(100);
  await clock.run(5000);
  recorder.event(about, "Warning", "BackOff", "again");
  await clock.run(100);
  expect(link.events).toHaveLength(2);
  expect(link.events[0]).toMatchObject({
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace: "default", name: expect.stringMatching(/^web\.[0-9a-f]+$/) },
    type: "Warning",
    reason: "BackOff",
    message: "again",
    count: 2,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:05Z",
    source: { component: "kubelet", host: "n1" },
    involvedObject: about,
  });
});

test("an object that never stops talking is cut short", async () => {
  const clock = new FakeClock();
  const link = new FakeLink();
  const recorder = createEventRecorder({ nodeName: "n1", link, clock, log: silentLogger });
  for (let index = 0; index < 100; index++) recorder.event(about, "Normal", "Chat", `message ${index}`);
  recorder.event({ ...about, name: "other", uid: "v" }, "Normal", "Chat", "hello");
  await clock.run(100);
  expect(link.events).toHaveLength(26);
  await clock.run(300_000);
  recorder.event(about, "Normal", "Chat", "later");
  recorder.event(about, "Normal", "Chat", "too much");
  await clock.run(100);
  expect(link.events.map(({ message }) => message)).toContain("later");
  expect(link.events.map(({ message }) => message)).not.toContain("too much");
});

test("events wait for a server that is away", async () => {
  const clock = new FakeClock();
  const link = new FakeLink();
  link.failure = new Error("away");
  const recorder = createEventRecorder({ nodeName: "n1", link, clock, log: silentLogger });
  recorder.event(about, "Normal", "Started", "1");
  await clock.run(3000);
  recorder.event(about, "Normal", "Started", "2");
  link.failure = undefined;
  await clock.run(30_000);
  expect(link.events.map(({ message }) => message).sort()).toEqual(["1", "2"]);
  await recorder.close();
});
