import { expect, test } from "vitest";
import { QueuedController } from "../../src/ctrl/controller.ts";
import type { Logger } from "../../src/machinery/logger.ts";
import { failure } from "../../src/machinery/status/error.ts";
import { FakeClock, settle } from "../fake-clock.ts";

function recordingLogger() {
  const warnings: object[] = [];
  const log: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields) => warnings.push(fields),
    error: () => undefined,
    child: () => log,
  };
  return { log, warnings };
}

test("works on what was queued before start, retries failures with back-off and logs the first alone", async () => {
  const clock = new FakeClock();
  const { log, warnings } = recordingLogger();
  const calls: [string, number][] = [];
  const begun = clock.now();
  const controller = new QueuedController({
    name: "test",
    clock,
    log,
    reconcile(key) {
      calls.push([key, clock.now() - begun]);
      if (key === "bad" && calls.length < 4) throw new Error("not yet");
    },
  });
  controller.queue.add("bad");
  await settle();
  expect(calls).toEqual([]);
  controller.start();
  await clock.run(1000);
  expect(calls).toEqual([
    ["bad", 0],
    ["bad", 5],
    ["bad", 15],
    ["bad", 35],
  ]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatchObject({ key: "bad" });
  await controller.stop();
});

test.each([failure(409, "Conflict", "the object has been modified"), failure(404, "NotFound", 'pods "a" not found')])(
  "a stale view is no news: $message",
  async (error) => {
    const clock = new FakeClock();
    const { log, warnings } = recordingLogger();
    let calls = 0;
    const controller = new QueuedController({
      name: "test",
      clock,
      log,
      reconcile() {
        if (++calls === 1) throw error;
      },
    });
    controller.queue.add("a");
    controller.start();
    await clock.run(1000);
    expect(calls).toBe(2);
    expect(warnings).toEqual([]);
    await controller.stop();
  },
);

test("works on several keys at once, never twice on one", async () => {
  const clock = new FakeClock();
  const running = new Set<string>();
  let most = 0;
  const controller = new QueuedController({
    name: "test",
    clock,
    log: recordingLogger().log,
    workers: 3,
    async reconcile(key) {
      expect(running.has(key)).toBe(false);
      running.add(key);
      most = Math.max(most, running.size);
      await new Promise<void>((resolve) => clock.after(10, resolve));
      running.delete(key);
    },
  });
  controller.start();
  for (const key of ["a", "b", "c", "d", "a"]) controller.queue.add(key);
  await clock.run(5);
  controller.queue.add("a");
  await clock.run(100);
  expect(most).toBe(3);
  expect(running.size).toBe(0);
  await controller.stop();
});
