import { expect, test, vi } from "vitest";
import { QueuedController } from "../../src/ctrl/controller.ts";
import { registerWorkqueueMetrics } from "../../src/ctrl/workqueue-metrics.ts";
import { systemClock } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import { MetricRegistry } from "../../src/machinery/metrics/registry.ts";

test("a work queue tells what came, what failed and how long it took", async () => {
  let calls = 0;
  const controller = new QueuedController<string>({
    name: "sample",
    clock: systemClock,
    log: silentLogger,
    reconcile() {
      if (++calls === 1) throw new Error("once");
    },
  });
  const metrics = new MetricRegistry();
  registerWorkqueueMetrics(metrics, [controller as QueuedController<unknown>]);
  controller.queue.add("a");
  expect(await metrics.text()).toContain('workqueue_depth{name="sample"} 1');
  controller.start();
  await vi.waitFor(() => expect(calls).toBe(2));
  await controller.stop();
  const text = await metrics.text();
  expect(text).toContain('workqueue_depth{name="sample"} 0');
  expect(text).toContain('workqueue_adds_total{name="sample"} 2');
  expect(text).toContain('workqueue_retries_total{name="sample"} 1');
  expect(text).toContain('workqueue_work_duration_seconds_count{name="sample"} 2');
});
