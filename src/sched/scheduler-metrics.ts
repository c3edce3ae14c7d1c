/** scheduler_*: https://kubernetes.io/docs/reference/instrumentation/metrics/ */
import { Histogram, type MetricRegistry } from "../machinery/metrics/registry.ts";
import type { SchedulingQueue } from "./queue/scheduling-queue.ts";

type Result = "scheduled" | "unschedulable" | "error";

const attemptBuckets: readonly number[] = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
const countBuckets: readonly number[] = [1, 2, 4, 8, 16];

/** What the scheduler counts as it goes; nobody has to ask for it. */
export class SchedulerMetrics {
  readonly #attempts: Readonly<Record<Result, Histogram>> = {
    scheduled: new Histogram(attemptBuckets),
    unschedulable: new Histogram(attemptBuckets),
    error: new Histogram(attemptBuckets),
  };
  readonly #perPod = new Histogram(countBuckets);

  /** One attempt is over, after so many ms. */
  attempted(result: Result, milliseconds: number): void {
    this.#attempts[result].observe(milliseconds / 1000);
  }

  /** A pod has its node, at its so many-th attempt. */
  placed(attempts: number): void {
    this.#perPod.observe(attempts);
  }

  register(metrics: MetricRegistry, queue: SchedulingQueue, profile: string): void {
    metrics.collected(
      "scheduler_pending_pods",
      "[STABLE] Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
      "gauge",
      () => Object.entries(queue.counts).map(([name, value]) => ({ labels: { queue: name }, value })),
    );
    metrics.collected(
      "scheduler_schedule_attempts_total",
      "[STABLE] Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
      "counter",
      () =>
        Object.entries(this.#attempts).map(([result, { counts }]) => ({
          labels: { profile, result },
          value: counts.reduce((sum, count) => sum + count, 0),
        })),
    );
    metrics.histograms(
      "scheduler_scheduling_attempt_duration_seconds",
      "[STABLE] Scheduling attempt latency in seconds (scheduling algorithm + binding)",
      attemptBuckets,
      () => Object.entries(this.#attempts).map(([result, histogram]) => ({ labels: { profile, result }, histogram })),
    );
    metrics.histograms(
      "scheduler_pod_scheduling_attempts",
      "[STABLE] Number of attempts to successfully schedule a pod.",
      countBuckets,
      () => [{ labels: {}, histogram: this.#perPod }],
    );
  }
}
