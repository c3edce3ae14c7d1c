import type { Event as CoreEvent } from "../../types/core/v1.ts";
import type { Event } from "../../types/events/v1.ts";

type Names = Readonly<Record<string, string>>;

/** Fields of events.k8s.io under their names in the core group; those that both call the same are not here. */
const inCore: Names = {
  reportingController: "reportingComponent",
  regarding: "involvedObject",
  note: "message",
  deprecatedSource: "source",
  deprecatedFirstTimestamp: "firstTimestamp",
  deprecatedLastTimestamp: "lastTimestamp",
  deprecatedCount: "count",
};
const inEvents: Names = Object.fromEntries(Object.entries(inCore).map(([newer, older]) => [older, newer]));

export function toCoreEvent(event: Event): CoreEvent {
  return renamed(event, inCore, "v1") as unknown as CoreEvent;
}

export function fromCoreEvent(event: CoreEvent): Event {
  return renamed(event, inEvents, "events.k8s.io/v1") as unknown as Event;
}

function renamed(event: object, names: Names, apiVersion: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(event)) result[names[field] ?? field] = value;
  result.apiVersion = apiVersion;
  return result;
}
