import type { UnstructuredObject } from "../../meta/object.ts";
import type { Event as CoreEvent } from "../../types/core/v1.ts";
import type { Event } from "../../types/events/v1.ts";
import { eventTable } from "../core/event.ts";
import { defineGroup } from "../define.ts";
import { selectable } from "../selectable.ts";
import type { ResourceDefinition } from "../types.ts";
import { fromCoreEvent, toCoreEvent } from "./convert.ts";
import { eventStrategy } from "./strategy.ts";

/** The newer view of the core group's events: one storage, two forms. */
export const eventsDefinitions: readonly ResourceDefinition[] = defineGroup("events.k8s.io", "k8s.io/api/events", [
  {
    kind: "Event",
    plural: "events",
    shortNames: ["ev"],
    storageGroup: "",
    strategy: eventStrategy,
    table: {
      columns: eventTable.columns,
      cells: (event, now) => eventTable.cells(toCoreEvent(event as Event), now),
    },
    selectableFields: selectable([
      "regarding.kind",
      "regarding.namespace",
      "regarding.name",
      "regarding.uid",
      "regarding.apiVersion",
      "regarding.resourceVersion",
      "regarding.fieldPath",
      "reason",
      "reportingController",
      "type",
    ]),
    convert: (event) =>
      event.apiVersion === "v1"
        ? (fromCoreEvent(event as unknown as CoreEvent) as unknown as UnstructuredObject)
        : event,
  },
]);
