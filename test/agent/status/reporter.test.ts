import { expect, test, vi } from "vitest";
import type { PodStatusReport } from "../../../proto/agent.ts";
import { createStatusReporter } from "../../../src/agent/status/reporter.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { FakeClock, settle } from "../../fake-clock.ts";

function setUp() {
  const clock = new FakeClock();
  const batches: string[][] = [];
  let answer: (reports: readonly PodStatusReport[]) => Promise<("ok" | "gone")[]> = async (reports) =>
    reports.map(() => "ok");
  const gone = vi.fn();
  const link = {
    reportPodStatuses: (reports: readonly PodStatusReport[]) => {
      batches.push(reports.map(({ pod, status }) => `${pod.uid} ${status.phase}`));
      return answer(reports);
    },
  };
  const reporter = createStatusReporter({ link, clock, log: silentLogger, gone });
  const report = (uid: string, phase: string) => reporter.report({ uid, namespace: "d", name: uid }, { phase });
  return {
    clock,
    batches,
    gone,
    reporter,
    report,
    answerWith: (next: typeof answer) => {
      answer = next;
    },
  };
}

test("what is reported together travels together, what did not change not at all", async () => {
  const { batches, report, reporter } = setUp();
  report("a", "Pending");
  report("b", "Pending");
  await settle();
  report("a", "Pending");
  report("b", "Running");
  await settle();
  expect(batches).toEqual([["a Pending", "b Pending"], ["b Running"]]);
  reporter.invalidate("a");
  report("a", "Pending");
  await settle();
  expect(batches.at(-1)).toEqual(["a Pending"]);
});

test("while a batch is on its way only the newest status of each pod gathers", async () => {
  const { batches, report, answerWith, reporter } = setUp();
  let release: () => void = () => undefined;
  answerWith(
    (reports) =>
      new Promise((resolve) => {
        release = () => resolve(reports.map(() => "ok"));
      }),
  );
  report("a", "1");
  await settle();
  report("a", "2");
  report("a", "3");
  report("b", "1");
  const settled = vi.fn();
  reporter.settled("a").then(settled);
  release();
  await settle();
  expect(batches).toEqual([["a 1"], ["a 3", "b 1"]]);
  expect(settled).not.toHaveBeenCalled();
  release();
  await settle();
  expect(settled).toHaveBeenCalledWith("ok");
});

test("a server that is away is asked again with growing pauses", async () => {
  const { batches, report, answerWith, clock } = setUp();
  answerWith(() => Promise.reject(new Error("away")));
  report("a", "1");
  await settle();
  await clock.run(200 + 400 + 800);
  expect(batches).toHaveLength(4);
  report("a", "2");
  answerWith(async (reports) => reports.map(() => "ok"));
  await clock.run(1600);
  expect(batches.at(-1)).toEqual(["a 2"]);
});

test("a pod that is gone is told, and the one who waits for it", async () => {
  const { report, answerWith, gone, reporter } = setUp();
  answerWith(async (reports) => reports.map(() => "gone"));
  report("a", "1");
  expect(await reporter.settled("a")).toBe("gone");
  expect(gone).toHaveBeenCalledWith({ uid: "a", namespace: "d", name: "a" });
  expect(await reporter.settled("unknown")).toBe("gone");
});
