/** The one way in which an object that exists is changed: update, patch, status, scale and the other subresources. */
import type { FieldError } from "../../machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { validateObjectMeta } from "../../machinery/meta/object-meta.ts";
import type { StatusError } from "../../machinery/status/error.ts";
import { conflict, invalid, notFound, preconditionUid } from "../../machinery/status/errors.ts";
import { invalidValue } from "../../machinery/status/field-errors.ts";
import { ConflictError, type Entry, KeyNotFoundError } from "../../store/types.ts";
import type { AdmissionRequest } from "../admission/types.ts";
import { equalJson } from "../serialize/json.ts";
import { managedFieldsText } from "../serialize/managed-fields.ts";
import { templateOf } from "../serialize/template.ts";
import { checkSize, dryRun, stored, unavailable, written } from "./commit.ts";
import { desiredStateDiffers, hasGeneration } from "./generation.ts";
import { type Changed, managedAfterUpdate, sameManagedFields, takeManagedFields } from "./managed-fields.ts";
import type { Call, Outcome, Pipeline, WriteParameters } from "./types.ts";
import { validateMetadataUpdate } from "./validate-metadata-update.ts";

/** There is nothing to change; `status` is the 404. Lets update() create instead. */
export class MissingError extends Error {
  override name = "MissingError";
  readonly status: StatusError;
  constructor(status: StatusError) {
    super(status.message);
    this.status = status;
  }
}

/**
 * Makes the next state from the present one (shared, not to be changed); may run again after a lost race. The result is
 * the pipeline's own. `attempt` starts at 1; `value` is what is stored, where managedFields can be read.
 */
export type Produce = (
  old: UnstructuredObject,
  attempt: number,
  value: Buffer,
) => UnstructuredObject | Promise<UnstructuredObject>;

/** Who owns what after a change, as JSON; by default managedAfterUpdate(). Asked before admission, once for each attempt. */
export type Track = (changed: Changed) => string;

/** Lost races are tried again this often, when the request does not insist on a revision. */
const maxAttempts = 50;

/** Throws MissingError where there is no such object. */
export async function change(
  pipeline: Pipeline,
  call: Call,
  write: WriteParameters,
  produce: Produce,
  track: Track = (changed) => managedAfterUpdate(pipeline, call, changed, write),
): Promise<Outcome> {
  const { resource } = call;
  const key = resource.key(call.namespace, call.name);
  for (let attempt = 1; ; attempt++) {
    const entry = await pipeline.store.get(key).catch(unavailable);
    if (entry === undefined) throw new MissingError(notFound(resource, call.name));
    const old = resource.objectOf(entry.value);
    const object = await produce(old, attempt, entry.value);
    const insists = checkIdentity(call, object, old);
    try {
      return await applyChange(pipeline, call, write, { entry, old, object, track });
    } catch (error) {
      if (error instanceof KeyNotFoundError) throw new MissingError(notFound(resource, call.name));
      if (!(error instanceof ConflictError)) unavailable(error);
      if (insists || attempt === maxAttempts) throw conflict(resource, call.name);
    }
  }
}

/** Whether the request names the revision it wants to replace. Throws when that, or the uid, is another one. */
function checkIdentity({ resource, name }: Call, { metadata }: UnstructuredObject, old: UnstructuredObject): boolean {
  const { uid, resourceVersion } = metadata;
  if (uid && uid !== old.metadata.uid) throw preconditionUid(resource, name, uid, old.metadata.uid ?? "");
  if (resourceVersion && resourceVersion !== "0") {
    if (!/^\d+$/.test(resourceVersion)) {
      throw invalid(resource, name, [
        invalidValue("metadata.resourceVersion", resourceVersion, "must be a non-negative integer"),
      ]);
    }
    if (resourceVersion !== old.metadata.resourceVersion) throw conflict(resource, name);
    return true;
  }
  return false;
}

interface Attempt {
  readonly entry: Entry;
  readonly old: UnstructuredObject;
  readonly object: UnstructuredObject;
  readonly track: Track;
}

async function applyChange(
  pipeline: Pipeline,
  call: Call,
  write: WriteParameters,
  { entry, old, object, track }: Attempt,
): Promise<Outcome> {
  const { resource, subresource } = call;
  const hooks = pipeline.kinds.get(`${resource.resource}.${resource.group}`);
  const { strategy } = resource.definition;
  // binding, finalize and their like say themselves what they change.
  const whole = subresource === "" || subresource === "scale";
  const partial = whole ? undefined : strategy.partialUpdates?.[subresource];
  const sent = takeManagedFields(call, object);
  keepServerFields(object, old);
  if (subresource === "status") keepAllButStatus(object, old);
  else if (partial) partial.restrict(object, old);
  else if (resource.definition.subresources.status && whole) keep(object, old, "status");
  const managed = track({ old, value: entry.value, object, sent });
  if (subresource === "status") {
    strategy.prepareForStatusUpdate?.(object, old, pipeline.clock.now());
  } else {
    if (whole) strategy.prepareForUpdate?.(object, old);
    partial?.prepare?.(object, old, pipeline.clock.now());
    if (hasGeneration(resource, old) && desiredStateDiffers(object, old)) {
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
  }
  const request: AdmissionRequest = {
    operation: "UPDATE",
    user: call.user,
    resource,
    namespace: call.namespace,
    name: call.name,
    subresource,
    dryRun: write.dryRun,
    object,
    old,
    warn: (text) => call.warnings.push(text),
  };
  const admitted = pipeline.admission.admit(request);
  if (admitted) await admitted;
  const undo = whole ? hooks?.beginUpdate?.(call, object, old, write.dryRun) : undefined;
  try {
    const errors = validate(call, object, old);
    if (errors.length > 0) throw invalid(resource, call.name, errors);
    if (strategy.warnings && whole) call.warnings.push(...strategy.warnings(object, old));
    const validated = pipeline.admission.validate(request);
    if (validated) await validated;
    if (equalJson(object, old) && sameManagedFields(managed, managedFieldsText(entry.value))) {
      return stored(resource, entry);
    }
    if (isFinished(object, old) && !strategy.holdsDeletion?.(object)) {
      if (write.dryRun) return dryRun(object, managed);
      const last = await pipeline.store.delete(entry.key, entry.modRevision);
      hooks?.afterDelete?.(object);
      return stored(resource, last);
    }
    if (write.dryRun) {
      undo?.();
      return dryRun(object, managed);
    }
    const done = await pipeline.store.update(
      entry.key,
      checkSize(templateOf(resource.toStored(object), managed)),
      entry.modRevision,
    );
    hooks?.afterUpdate?.(object, old);
    return written(resource, done, object);
  } catch (error) {
    undo?.();
    throw error;
  }
}

function validate(call: Call, object: UnstructuredObject, old: UnstructuredObject): FieldError[] {
  const { resource, subresource } = call;
  const { strategy } = resource.definition;
  const errors = [
    ...validateObjectMeta(object.metadata, { namespaced: resource.namespaced, nameRule: strategy.nameRule }),
    ...validateMetadataUpdate(object, old),
  ];
  if (subresource === "status") errors.push(...(strategy.validateStatusUpdate?.(object, old) ?? []));
  else if (subresource === "" || subresource === "scale") {
    errors.push(...(strategy.validate?.(object) ?? []), ...(strategy.validateUpdate?.(object, old) ?? []));
  } else errors.push(...(strategy.partialUpdates?.[subresource]?.validate(object, old) ?? []));
  return errors;
}

const serverFields = [
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "selfLink",
] as const;

function keepServerFields(object: UnstructuredObject, old: UnstructuredObject): void {
  const metadata = object.metadata as unknown as Record<string, unknown>;
  const before = old.metadata as unknown as Record<string, unknown>;
  for (const field of serverFields) keep(metadata, before, field);
  metadata.resourceVersion = before.resourceVersion;
}

function keepAllButStatus(object: UnstructuredObject, old: UnstructuredObject): void {
  for (const key in object) if (key !== "metadata" && key !== "status" && !(key in old)) delete object[key];
  for (const key in old) if (key !== "metadata" && key !== "status") object[key] = old[key];
}

function keep(object: Record<string, unknown>, old: Readonly<Record<string, unknown>>, key: string): void {
  if (old[key] === undefined) delete object[key];
  else object[key] = old[key];
}

/** The last finalizer of an object that was only waiting for it is gone. */
function isFinished({ metadata }: UnstructuredObject, old: UnstructuredObject): boolean {
  return (metadata.finalizers ?? []).length === 0 && old.metadata.deletionGracePeriodSeconds === 0;
}
