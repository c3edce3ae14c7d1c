/** What a write does to metadata.managedFields. They pass through the pipeline as JSON text beside the object. */
import { createdFieldsText } from "../../machinery/apply/created-fields.ts";
import { type FieldSet, setOfPaths } from "../../machinery/apply/field-set.ts";
import {
  entriesFromObjects,
  entriesFromText,
  entriesText,
  type ManagerEntry,
  sameOwnership,
} from "../../machinery/apply/manager-entry.ts";
import { trackUpdate, type Write } from "../../machinery/apply/track-update.ts";
import { rootPlanOf } from "../../machinery/apply/type-plan.ts";
import { parseApiVersion, type UnstructuredObject } from "../../machinery/meta/object.ts";
import { validateManagedFields } from "../../machinery/meta/object-meta.ts";
import { decodeParsed } from "../../machinery/schema/decode-body.ts";
import { invalid } from "../../machinery/status/errors.ts";
import type { ManagedFieldsEntry } from "../../machinery/types/meta/v1.ts";
import type { Resource } from "../registry/resource.ts";
import { cloneJson } from "../serialize/json.ts";
import { managedFieldsText } from "../serialize/managed-fields.ts";
import { managerOfUser } from "./field-manager.ts";
import { timestamp } from "./timestamp.ts";
import type { Call, Pipeline, WriteParameters } from "./types.ts";

const status = setOfPaths(["f:status"]);
const spec = setOfPaths(["f:spec"]);

/** What this path does not let anybody set. */
function ignoredBy({ resource, subresource }: Call): FieldSet | undefined {
  if (subresource === "status") return spec;
  // What is not its own was taken back already.
  if (resource.definition.strategy.partialUpdates?.[subresource]) return undefined;
  return resource.definition.subresources.status ? status : undefined;
}

export function writeOf(pipeline: Pipeline, call: Call, { fieldManager }: WriteParameters): Write {
  const { resource, subresource } = call;
  return {
    versions: {
      planOf(apiVersion) {
        if (apiVersion === resource.apiVersion) return rootPlanOf(resource.schema);
        const { group } = parseApiVersion(apiVersion);
        if (group !== resource.group && group !== resource.definition.storageGroup) return undefined;
        const other = pipeline.registry.find(apiVersion, resource.resource);
        return other && rootPlanOf(other.schema);
      },
      convert(object, apiVersion) {
        const other = pipeline.registry.find(apiVersion, resource.resource);
        return other?.fromStored(resource.toStored(convertible(pipeline, resource, object))) ?? object;
      },
    },
    apiVersion: resource.apiVersion,
    manager: fieldManager ?? managerOfUser(call.user),
    subresource,
    time: timestamp(pipeline.clock.now()),
    ignored: ignoredBy(call),
  };
}

/** What apply merges is what the client sent: converters are given what a decoder made of it. Throws a 400. */
function convertible({ registry }: Pipeline, resource: Resource, object: object): UnstructuredObject {
  const own = object as UnstructuredObject;
  const version = registry.find(own.apiVersion ?? resource.apiVersion, resource.resource);
  if (resource.definition.convert === undefined || version === undefined) return own;
  return decodeParsed(cloneJson(own), version, "Ignore").object;
}

/** Of a new object: all that is set is its creator's. */
export function managedByCreator(
  pipeline: Pipeline,
  call: Call,
  object: UnstructuredObject,
  write: WriteParameters,
): string {
  const { resource } = call;
  const withoutStatus = resource.definition.subresources.status === true;
  const fields = createdFieldsText(object, rootPlanOf(resource.schema), withoutStatus);
  if (fields === "{}") return "";
  const entry: ManagerEntry = {
    manager: write.fieldManager ?? managerOfUser(call.user),
    operation: "Update",
    apiVersion: resource.apiVersion,
    subresource: "",
    time: timestamp(pipeline.clock.now()),
    fields,
  };
  return entriesText([entry]);
}

/** What the client says of managedFields, taken out of the object. Throws a 422. */
export function takeManagedFields(call: Call, object: UnstructuredObject): readonly ManagedFieldsEntry[] | undefined {
  const { managedFields } = object.metadata;
  if (managedFields === undefined) return undefined;
  delete object.metadata.managedFields;
  if (isReset(managedFields)) return managedFields;
  const errors = validateManagedFields(managedFields, "metadata.managedFields");
  if (errors.length > 0) throw invalid(call.resource, call.name, errors);
  return managedFields;
}

/** `[{}]`: nobody shall own anything any more. */
function isReset([only, second]: readonly ManagedFieldsEntry[]): boolean {
  return only !== undefined && second === undefined && Object.keys(only).length === 0;
}

export interface Changed {
  readonly old: UnstructuredObject;
  /** As it is stored. */
  readonly value: Buffer;
  readonly object: UnstructuredObject;
  /** As takeManagedFields() gave it. */
  readonly sent: readonly ManagedFieldsEntry[] | undefined;
}

/** These the server writes itself; what they set is nobody's. */
const untracked: ReadonlySet<string> = new Set(["binding", "eviction"]);

/** Before admission and before the kind's own rules: what they set is nobody's. */
export function managedAfterUpdate(
  pipeline: Pipeline,
  call: Call,
  { old, value, object, sent }: Changed,
  write: WriteParameters,
): string {
  const text = managedFieldsText(value);
  if (untracked.has(call.subresource)) return text;
  const managed = startOf(text, call.subresource === "" ? sent : undefined);
  // Once nobody owns anything it stays so, until somebody applies.
  if (managed.length === 0) return "";
  const next = trackUpdate(managed, old, object, rootPlanOf(call.resource.schema), writeOf(pipeline, call, write));
  return entriesText(next);
}

/** What the client read and sends back counts, as long as it can be read. */
function startOf(text: string, sent: readonly ManagedFieldsEntry[] | undefined): readonly ManagerEntry[] {
  if (sent !== undefined) {
    if (isReset(sent)) return [];
    const entries = entriesFromObjects(sent);
    if (entries !== undefined && entries.length > 0) return entries;
  }
  return entriesFromText(text);
}

/** Whether two lists, as text, differ in nothing but times: then nothing is written for them. */
export function sameManagedFields(a: string, b: string): boolean {
  return a === b || sameOwnership(entriesFromText(a), entriesFromText(b));
}
