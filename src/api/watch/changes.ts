import type { Revision, StoreEvent } from "../../store/types.ts";
import type { Selection } from "../pipeline/selection.ts";
import type { Resource } from "../registry/resource.ts";
import { parsedOf } from "../serialize/parsed.ts";
import { headOf, withRevision } from "../serialize/template.ts";

/** One event as a watcher of a selection sees it. `value` is in the stored form and carries the event's revision. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly value: Buffer;
  readonly revision: Revision;
}

/** What a watcher looks at: a part of the keys of a resource, and of their objects those that match. */
export interface Scope {
  readonly resource: Resource;
  readonly prefix: string;
  readonly selection: Selection;
}

const plainTypes = { create: "ADDED", update: "MODIFIED", delete: "DELETED" } as const;

/** An object that begins to match is ADDED, one that ceases to match is DELETED, with its last matching state. */
export function changesOf(events: readonly StoreEvent[], { resource, prefix, selection }: Scope): Change[] {
  const changes: Change[] = [];
  const whole = prefix === resource.prefix;
  for (const event of events) {
    if (!whole && !event.key.startsWith(prefix)) continue;
    const { value, revision } = event;
    if (selection.all) {
      changes.push({ type: plainTypes[event.type], value, revision });
      continue;
    }
    const before = event.previous !== undefined && selection.matches(resource.objectOf(event.previous.value));
    const now = event.type !== "delete" && selection.matches(resource.objectOf(value));
    if (now) changes.push({ type: before ? "MODIFIED" : "ADDED", value, revision });
    else if (before && event.type === "delete") changes.push({ type: "DELETED", value, revision });
    else if (before && event.previous) {
      changes.push({ type: "DELETED", value: restamped(event.previous.value, revision), revision });
    }
  }
  return changes;
}

function restamped(value: Buffer, revision: Revision): Buffer {
  const { apiVersion = "", kind = "" } = parsedOf(value);
  return withRevision(value, headOf(apiVersion, kind), revision);
}
