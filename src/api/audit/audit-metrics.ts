import type { MetricRegistry } from "../../machinery/metrics/registry.ts";
import type { Auditor } from "./auditor.ts";

export function registerAuditMetrics(metrics: MetricRegistry, auditor: Auditor): void {
  metrics.collected(
    "apiserver_audit_event_total",
    "[ALPHA] Counter of audit events generated and sent to the audit backend.",
    "counter",
    () => [{ labels: {}, value: auditor.events }],
  );
  metrics.collected(
    "apiserver_audit_error_total",
    "[ALPHA] Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.",
    "counter",
    () => [{ labels: { plugin: "log" }, value: auditor.lost }],
  );
}
