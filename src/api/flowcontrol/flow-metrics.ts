/** apiserver_flowcontrol_*, put together when somebody asks. */
import type { Histogram, MetricRegistry, Sample } from "../../machinery/metrics/registry.ts";
import type { FlowControl } from "./flow-control.ts";
import { type FlowSchemaState, waitBuckets } from "./flow-schema-state.ts";
import type { PriorityLevel } from "./priority-level.ts";

export function registerFlowMetrics(metrics: MetricRegistry, control: FlowControl): void {
  const name = (rest: string): string => `apiserver_flowcontrol_${rest}`;
  const perSchema = (
    rest: string,
    help: string,
    type: "counter" | "gauge",
    value: (schema: FlowSchemaState) => number,
  ): void =>
    metrics.collected(name(rest), help, type, () =>
      [...control.schemas.values()].map((schema) => ({ labels: labelsOf(schema), value: value(schema) })),
    );
  const perLevel = (rest: string, help: string, value: (level: PriorityLevel) => number): void =>
    metrics.collected(name(rest), help, "gauge", () =>
      [...control.levels.values()].map((level) => ({ labels: { priority_level: level.name }, value: value(level) })),
    );
  perSchema(
    "dispatched_requests_total",
    "[BETA] Number of requests executed by API Priority and Fairness subsystem",
    "counter",
    ({ dispatched }) => dispatched,
  );
  metrics.collected(
    name("rejected_requests_total"),
    "[BETA] Number of requests rejected by API Priority and Fairness subsystem",
    "counter",
    () => rejections(control),
  );
  perSchema(
    "current_inqueue_requests",
    "[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem",
    "gauge",
    ({ waiting }) => waiting,
  );
  perSchema(
    "current_executing_requests",
    "[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem",
    "gauge",
    ({ executing }) => executing,
  );
  perLevel(
    "current_executing_seats",
    "[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem",
    ({ seats }) => seats,
  );
  perLevel(
    "current_inqueue_seats",
    "[ALPHA] Number of seats currently pending in queues of the API Priority and Fairness subsystem",
    ({ waitingSeats }) => waitingSeats,
  );
  perLevel(
    "nominal_limit_seats",
    "[BETA] Nominal number of execution seats configured for each priority level",
    ({ nominal }) => nominal,
  );
  perLevel(
    "lower_limit_seats",
    "[ALPHA] Configured lower bound on number of execution seats available to each priority level",
    ({ nominal, lendable }) => nominal - lendable,
  );
  perLevel(
    "upper_limit_seats",
    "[ALPHA] Configured upper bound on number of execution seats available to each priority level",
    (level) => level.nominal + Math.min(level.borrowingLimit, control.lendableBeside(level)),
  );
  perLevel(
    "current_limit_seats",
    "[ALPHA] current derived number of execution seats available to each priority level",
    (level) => level.nominal + Math.min(level.borrowingLimit, control.lentTo(level)),
  );
  metrics.histograms(
    name("request_wait_duration_seconds"),
    "[BETA] Length of time a request spent waiting in its queue",
    waitBuckets,
    () => perSchemaHistograms(control, ({ waited }) => waited, { execute: "true" }),
  );
  metrics.histograms(
    name("request_execution_seconds"),
    "[ALPHA] Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem",
    waitBuckets,
    () => perSchemaHistograms(control, ({ execution }) => execution, {}),
  );
}

function labelsOf({ name, level }: FlowSchemaState) {
  return { flow_schema: name, priority_level: level };
}

function* rejections(control: FlowControl): Generator<Sample> {
  for (const schema of control.schemas.values()) {
    for (const [reason, value] of Object.entries(schema.rejected)) {
      if (value > 0) yield { labels: { ...labelsOf(schema), reason }, value };
    }
  }
}

function* perSchemaHistograms(
  control: FlowControl,
  of: (schema: FlowSchemaState) => Histogram,
  more: Readonly<Record<string, string>>,
): Generator<{ readonly labels: Readonly<Record<string, string>>; readonly histogram: Histogram }> {
  for (const schema of control.schemas.values()) {
    yield { labels: { ...more, ...labelsOf(schema) }, histogram: of(schema) };
  }
}
