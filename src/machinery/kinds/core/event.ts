import type { Event } from "../../types/core/v1.ts";
import { column, nameColumn, table, wide } from "../columns.ts";
import { ageSince, humanDuration } from "../human-duration.ts";
import { strategyFor } from "../strategy-for.ts";
import { validateCoreEvent } from "./event-validation.ts";

export const coreEventStrategy = strategyFor<Event>({
  allowCreateOnUpdate: true,
  hasGeneration: false,
  // Go writes these even when they say nothing.
  defaultObject(event) {
    event.reportingComponent ??= "";
    event.reportingInstance ??= "";
  },
  validate: validateCoreEvent,
});

export const eventTable = table<Event>(
  [
    column("Last Seen", "string", "The time at which the most recent occurrence of this event was recorded."),
    column("Type", "string", "Type of this event (Normal, Warning), new types could be added in the future"),
    column(
      "Reason",
      "string",
      "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    ),
    column("Object", "string", "The object that this event is about."),
    wide(
      "Subobject",
      "string",
      'If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: "spec.containers{name}" (where "name" refers to the name of the container that triggered the event) or if no container name is specified "spec.containers[2]" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.',
    ),
    wide("Source", "string", "The component reporting this event. Should be a short machine understandable string."),
    column("Message", "string", "A human-readable description of the status of this operation."),
    wide(
      "First Seen",
      "string",
      "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)",
    ),
    wide("Count", "string", "The number of times this event has occurred."),
    { ...wide("Name", "string", nameColumn.description), format: "name" },
  ],
  (event, now) => {
    const first = event.firstTimestamp ? ageSince(event.firstTimestamp, now) : ageOf(event.eventTime, now);
    const last = event.series
      ? ageOf(event.series.lastObservedTime, now)
      : event.lastTimestamp
        ? ageSince(event.lastTimestamp, now)
        : first;
    const { kind, name, fieldPath } = event.involvedObject ?? {};
    return [
      last,
      event.type ?? "",
      event.reason ?? "",
      name ? `${(kind ?? "").toLowerCase()}/${name}` : (kind ?? "").toLowerCase(),
      fieldPath ?? "",
      source(event),
      (event.message ?? "").trim(),
      first,
      event.series?.count ?? (event.count || 1),
      event.metadata.name,
    ];
  },
);

function ageOf(microTime: string | undefined, now: number): string {
  return microTime ? humanDuration(now - Date.parse(microTime)) : "<unknown>";
}

/** "kubelet, node-1" */
function source(event: Event): string {
  const component = event.source?.component || event.reportingComponent || "";
  const host = event.source?.host || (event.source?.component ? "" : event.reportingInstance) || "";
  return host ? `${component}, ${host}` : component;
}
