/** workqueue_*, as client-go's (k8s.io/component-base/metrics/prometheus/workqueue), looked up when somebody asks. */
import type { MetricRegistry } from "../machinery/metrics/registry.ts";
import { type QueuedController, workBuckets } from "./controller.ts";

export function registerWorkqueueMetrics(
  metrics: MetricRegistry,
  controllers: readonly QueuedController<unknown>[],
): void {
  const perQueue = (
    name: string,
    help: string,
    type: "counter" | "gauge",
    value: (controller: QueuedController<unknown>) => number,
  ): void =>
    metrics.collected(name, help, type, () =>
      controllers.map((controller) => ({ labels: { name: controller.name }, value: value(controller) })),
    );
  perQueue("workqueue_depth", "[BETA] Current depth of workqueue", "gauge", ({ queue }) => queue.length);
  perQueue(
    "workqueue_adds_total",
    "[BETA] Total number of adds handled by workqueue",
    "counter",
    ({ queue }) => queue.adds,
  );
  perQueue(
    "workqueue_retries_total",
    "[BETA] Total number of retries handled by workqueue",
    "counter",
    ({ queue }) => queue.retries,
  );
  metrics.histograms(
    "workqueue_work_duration_seconds",
    "[BETA] How long in seconds processing an item from workqueue takes.",
    workBuckets,
    () => controllers.map(({ name, duration }) => ({ labels: { name }, histogram: duration })),
  );
}
