/**
 * metadata.managedFields: who owns which fields, and since when. Entries are kept as text, and most writes change at most
 * one of them, so that the rest need not be read.
 */
import type { ManagedFieldsEntry } from "../types/meta/v1.ts";
import { equalSets, type FieldSet, isEmptySet } from "./field-set.ts";
import { fieldsV1Text, setFromFieldsV1, setFromText } from "./fields-v1.ts";
import { compareText, FieldsV1Error } from "./path-element.ts";

/** Whose entry it is: an applier has one for all versions. */
export interface ManagerId {
  readonly manager: string;
  /** "Apply" or "Update" */
  readonly operation: string;
  readonly apiVersion: string;
  /** "" for the resource itself. */
  readonly subresource: string;
}

export interface ManagerEntry extends ManagerId {
  /** RFC 3339, to the second; "" where none was recorded. */
  readonly time: string;
  /** FieldsV1, canonical. */
  readonly fields: string;
}

export function fieldsOf(entry: ManagerEntry): FieldSet {
  return setFromText(entry.fields);
}

export function entryOf(id: ManagerId, time: string, fields: FieldSet): ManagerEntry {
  const { manager, operation, apiVersion, subresource } = id;
  return { manager, operation, apiVersion, subresource, time, fields: fieldsV1Text(fields) };
}

/** The entry with other fields; undefined when none are left. */
export function withFields(entry: ManagerEntry, fields: FieldSet, time = entry.time): ManagerEntry | undefined {
  return isEmptySet(fields) ? undefined : { ...entry, time, fields: fieldsV1Text(fields) };
}

export function isSameManager(a: ManagerId, b: ManagerId): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === "Apply" || a.apiVersion === b.apiVersion)
  );
}

const heads = new Map<string, Pick<ManagerEntry, "manager" | "operation" | "apiVersion" | "subresource">>();
const maxHeads = 1024;
const timeKey = ',"time":"';
const fieldsKey = ',"fieldsV1":';

/** One entry as JSON: the fields last, so that it can be taken apart without being parsed. */
export function entryText({ manager, operation, apiVersion, subresource, time, fields }: ManagerEntry): string {
  const sub = subresource === "" ? "" : `,"subresource":${JSON.stringify(subresource)}`;
  const at = time === "" ? "" : `${timeKey}${time}"`;
  return `{"manager":${JSON.stringify(manager)},"operation":${JSON.stringify(operation)},"apiVersion":${JSON.stringify(apiVersion)}${sub},"fieldsType":"FieldsV1"${at}${fieldsKey}${fields}}`;
}

/** The whole list as JSON, in its order; "" for none. */
export function entriesText(entries: readonly ManagerEntry[]): string {
  return entries.length === 0 ? "" : `[${entries.map(entryText).join(",")}]`;
}

/** The opposite, for texts of entriesText() alone. */
export function entriesFromText(text: string): ManagerEntry[] {
  if (text === "") return [];
  // Quotes within strings are escaped and FieldsV1 has no lists: this can only be the border of two entries.
  return text
    .slice(2, -2)
    .split('},{"manager"')
    .map((part, i) => entryFromText(i === 0 ? part.slice('"manager"'.length) : part));
}

function entryFromText(text: string): ManagerEntry {
  const fieldsAt = text.indexOf(fieldsKey);
  const before = text.slice(0, fieldsAt);
  const timeAt = before.lastIndexOf(timeKey);
  const head = timeAt < 0 ? before : before.slice(0, timeAt);
  let id = heads.get(head);
  if (id === undefined) {
    const { manager, operation, apiVersion, subresource = "" } = JSON.parse(`{"manager"${head}}`) as ManagerEntry;
    id = { manager, operation, apiVersion, subresource };
    if (heads.size >= maxHeads) heads.clear();
    heads.set(head, id);
  }
  const { manager, operation, apiVersion, subresource } = id;
  return {
    manager,
    operation,
    apiVersion,
    subresource,
    time: timeAt < 0 ? "" : before.slice(timeAt + timeKey.length, -1),
    fields: text.slice(fieldsAt + fieldsKey.length),
  };
}

/** Of what a client sent; undefined where it cannot be read, and then the entries that stand there go on. */
export function entriesFromObjects(objects: readonly ManagedFieldsEntry[]): ManagerEntry[] | undefined {
  const entries: ManagerEntry[] = [];
  for (const {
    manager = "",
    operation = "",
    apiVersion = "",
    subresource = "",
    time,
    fieldsType,
    fieldsV1,
  } of objects) {
    if (fieldsType !== "FieldsV1") return undefined;
    try {
      const fields = setFromFieldsV1(fieldsV1 ?? {});
      entries.push(entryOf({ manager, operation, apiVersion, subresource }, time ?? "", fields));
    } catch (error) {
      if (error instanceof FieldsV1Error) return undefined;
      throw error;
    }
  }
  return entries;
}

/** Appliers first, then by time, so that the newest writer is last. */
export function inOrder(entries: readonly ManagerEntry[]): ManagerEntry[] {
  return [...entries].sort(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      secondsOf(a) - secondsOf(b) ||
      compareText(a.manager, b.manager) ||
      compareText(a.apiVersion, b.apiVersion) ||
      compareText(a.subresource, b.subresource),
  );
}

export function secondsOf({ time }: ManagerEntry): number {
  return time === "" ? 0 : Date.parse(time) / 1000;
}

/** Whether two lists say the same but for the times. */
export function sameOwnership(a: readonly ManagerEntry[], b: readonly ManagerEntry[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((entry) => {
    const other = b.find((one) => isSameManager(one, entry));
    return (
      other !== undefined &&
      other.apiVersion === entry.apiVersion &&
      (other.fields === entry.fields || equalSets(fieldsOf(other), fieldsOf(entry)))
    );
  });
}
