import type { FieldError } from "../../machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import {
  badRequest,
  conflict,
  invalid,
  notFound,
  preconditionResourceVersion,
  preconditionUid,
} from "../../machinery/status/errors.ts";
import { invalidValue, notSupported } from "../../machinery/status/field-errors.ts";
import { ConflictError, type Entry, KeyNotFoundError } from "../../store/types.ts";
import { cloneJson, equalJson } from "../serialize/json.ts";
import { managedFieldsText } from "../serialize/managed-fields.ts";
import { templateOf } from "../serialize/template.ts";
import { dryRun, stored, unavailable, written } from "./commit.ts";
import { finalizersAfterDelete } from "./propagation.ts";
import { timestamp } from "./timestamp.ts";
import type { Call, DeleteParameters, Outcome, Pipeline } from "./types.ts";

export interface Deletion extends Outcome {
  /** False: it stays for its finalizers or its grace period. */
  readonly removed: boolean;
}

const maxAttempts = 50;

/** As kube-apiserver's Store.Delete: removes the object, or marks it and leaves the rest to its finalizers or its node. */
export async function remove(pipeline: Pipeline, call: Call, options: DeleteParameters): Promise<Deletion> {
  const { resource } = call;
  const key = resource.key(call.namespace, call.name);
  const request = {
    operation: "DELETE" as const,
    user: call.user,
    resource,
    namespace: call.namespace,
    name: call.name,
    subresource: "",
    dryRun: options.dryRun,
    warn: (text: string) => call.warnings.push(text),
  };
  for (let attempt = 1; ; attempt++) {
    const entry = await pipeline.store.get(key).catch(unavailable);
    if (entry === undefined) throw notFound(resource, call.name);
    const old = resource.objectOf(entry.value);
    checkPreconditions(call, old, options);
    await pipeline.admission.admit({ ...request, old });
    await pipeline.admission.validate({ ...request, old });
    try {
      return await attemptDelete(pipeline, call, options, entry, old);
    } catch (error) {
      if (error instanceof KeyNotFoundError) throw notFound(resource, call.name);
      if (!(error instanceof ConflictError)) unavailable(error);
      if (attempt === maxAttempts) throw conflict(resource, call.name);
    }
  }
}

async function attemptDelete(
  pipeline: Pipeline,
  call: Call,
  options: DeleteParameters,
  entry: Entry,
  old: UnstructuredObject,
): Promise<Deletion> {
  const { resource } = call;
  const hooks = pipeline.kinds.get(`${resource.resource}.${resource.group}`);
  const { strategy } = resource.definition;
  hooks?.beforeDelete?.(call, old, options.dryRun);
  const object = cloneJson(old);
  const finalizers = finalizersAfterDelete(old, options, strategy.defaultPropagation);
  if (finalizers.length > 0) object.metadata.finalizers = finalizers;
  else delete object.metadata.finalizers;

  const grace = gracePeriod(pipeline, call, options, object);
  if (grace === "pending") return { ...stored(resource, entry), removed: false };
  const held = finalizers.length > 0 || strategy.holdsDeletion?.(object) === true;
  if (held && grace === undefined) markDeleted(pipeline, object, 0);
  if (held || (grace ?? 0) > 0) {
    strategy.prepareForDelete?.(object);
    if (equalJson(object, old)) return { ...stored(resource, entry), removed: false };
    const managed = managedFieldsText(entry.value);
    if (options.dryRun) return { ...dryRun(object, managed), removed: false };
    const template = templateOf(resource.toStored(object), managed);
    const done = await pipeline.store.update(entry.key, template, entry.modRevision);
    return { ...written(resource, done, object), removed: false };
  }
  if (options.dryRun) return { ...dryRun(object, managedFieldsText(entry.value)), removed: true };
  const last = await pipeline.store.delete(entry.key, entry.modRevision);
  hooks?.afterDelete?.(old);
  return { ...stored(resource, last), removed: true };
}

/** Seconds of grace now written into `object`; undefined: the kind knows none; "pending": an earlier delete is under way and stands. */
function gracePeriod(
  pipeline: Pipeline,
  { resource }: Call,
  { gracePeriodSeconds }: DeleteParameters,
  object: UnstructuredObject,
): number | undefined | "pending" {
  const { metadata } = object;
  const { strategy } = resource.definition;
  if (strategy.graceSeconds === undefined) return undefined;
  if (metadata.deletionTimestamp !== undefined) {
    const left = metadata.deletionGracePeriodSeconds;
    if (left === undefined) return undefined;
    if (gracePeriodSeconds === undefined || gracePeriodSeconds >= left) {
      return (metadata.finalizers ?? []).length === 0 && left === 0 ? 0 : "pending";
    }
    const asked = Date.parse(metadata.deletionTimestamp) - left * 1000;
    metadata.deletionTimestamp = timestamp(asked + gracePeriodSeconds * 1000);
    metadata.deletionGracePeriodSeconds = gracePeriodSeconds;
    return gracePeriodSeconds;
  }
  const seconds = strategy.graceSeconds(object, gracePeriodSeconds);
  if (seconds === undefined) return undefined;
  markDeleted(pipeline, object, seconds);
  return seconds;
}

function markDeleted(pipeline: Pipeline, { metadata }: UnstructuredObject, seconds: number): void {
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = timestamp(pipeline.clock.now() + seconds * 1000);
    if (metadata.generation) metadata.generation++;
  }
  metadata.deletionGracePeriodSeconds = seconds;
}

function checkPreconditions(
  { resource, name }: Call,
  { metadata }: UnstructuredObject,
  options: DeleteParameters,
): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== metadata.uid) throw preconditionUid(resource, name, uid, metadata.uid ?? "");
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw preconditionResourceVersion(resource, name, resourceVersion, metadata.resourceVersion ?? "");
  }
}

const policies = ["Foreground", "Background", "Orphan"];

/** From a decoded DeleteOptions. Throws 422 as ValidateDeleteOptions. */
export function deleteParameters(options: Readonly<Record<string, unknown>>): DeleteParameters {
  const errors: FieldError[] = [];
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = options;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalidValue(
        "propagationPolicy",
        propagationPolicy,
        "orphanDependents and deletionPropagation cannot be both set",
      ),
    );
  }
  if (propagationPolicy !== undefined && !policies.includes(String(propagationPolicy))) {
    errors.push(notSupported("propagationPolicy", String(propagationPolicy), [...policies, "nil"]));
  }
  const dry = dryRun === undefined ? [] : (dryRun as readonly string[]);
  if (dry.some((value) => value !== "All")) errors.push(invalidDryRun(dry));
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  if (gracePeriodSeconds !== undefined && typeof gracePeriodSeconds !== "number") {
    throw badRequest("gracePeriodSeconds must be a number");
  }
  const policy =
    typeof orphanDependents === "boolean" ? (orphanDependents ? "Orphan" : "Background") : propagationPolicy;
  return {
    dryRun: dry.length > 0,
    // A negative period counts as 1, as kube-apiserver has it.
    ...(gracePeriodSeconds === undefined
      ? {}
      : { gracePeriodSeconds: gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as "Orphan" | "Background" | "Foreground" }),
    ...(preconditions ? { preconditions: preconditions as { uid?: string; resourceVersion?: string } } : {}),
  };
}

export function invalidDryRun(values: readonly string[]): FieldError {
  return {
    type: "FieldValueNotSupported",
    field: "dryRun",
    message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`,
  };
}
