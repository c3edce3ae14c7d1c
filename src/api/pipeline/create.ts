import { randomUUID } from "node:crypto";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { validateObjectMeta } from "../../machinery/meta/object-meta.ts";
import { alreadyExists, badRequest, generateNameConflict, invalid } from "../../machinery/status/errors.ts";
import { KeyExistsError } from "../../store/types.ts";
import type { AdmissionRequest } from "../admission/types.ts";
import { templateOf } from "../serialize/template.ts";
import { checkSize, dryRun, unavailable, written } from "./commit.ts";
import { decodeInput } from "./decode.ts";
import { hasGeneration } from "./generation.ts";
import { managedByCreator } from "./managed-fields.ts";
import { generateName } from "./names.ts";
import { timestamp } from "./timestamp.ts";
import type { Call, Input, Outcome, Pipeline, WriteParameters } from "./types.ts";

/** As kube-apiserver: a generated name that is taken is generated anew so many times. */
const nameAttempts = 8;

export async function create(pipeline: Pipeline, call: Call, input: Input, write: WriteParameters): Promise<Outcome> {
  const object = decodeInput(call, input, write.fieldValidation);
  return createObject(pipeline, call, object, write);
}

/** `object` is decoded, defaulted and the pipeline's own. `applied`: the managedFields that an apply gives it, as JSON. */
export async function createObject(
  pipeline: Pipeline,
  call: Call,
  object: UnstructuredObject,
  write: WriteParameters,
  applied?: string,
): Promise<Outcome> {
  const { resource } = call;
  const { strategy } = resource.definition;
  const hooks = pipeline.kinds.get(`${resource.resource}.${resource.group}`);
  const { metadata } = object;
  if (metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");

  delete metadata.managedFields;
  const managed = hooks?.evaluate ? "" : (applied ?? managedByCreator(pipeline, call, object, write));
  const request: AdmissionRequest = {
    operation: "CREATE",
    user: call.user,
    resource,
    namespace: call.namespace,
    name: metadata.name ?? "",
    subresource: "",
    dryRun: write.dryRun,
    object,
    warn: (text) => call.warnings.push(text),
  };
  const admitted = pipeline.admission.admit(request);
  if (admitted) await admitted;
  if (hooks?.evaluate) return hooks.evaluate(pipeline, call, object, write);

  const generated = !metadata.name && metadata.generateName ? metadata.generateName : undefined;
  for (let attempt = 1; ; attempt++) {
    if (generated !== undefined) metadata.name = generateName(generated);
    prepare(pipeline, call, object);
    strategy.prepareForCreate?.(object);
    const undo = hooks?.beginCreate?.(call, object, write.dryRun);
    try {
      const errors = [
        ...validateObjectMeta(metadata, { namespaced: resource.namespaced, nameRule: strategy.nameRule }),
        ...(strategy.validate?.(object) ?? []),
        ...(strategy.validateCreate?.(object) ?? []),
      ];
      if (errors.length > 0) throw invalid(resource, metadata.name ?? "", errors);
      if (strategy.warnings) call.warnings.push(...strategy.warnings(object));
      const validated = pipeline.admission.validate(request);
      if (validated) await validated;
      const key = resource.key(call.namespace, metadata.name ?? "");
      if (write.dryRun) {
        if (await pipeline.store.get(key)) throw new KeyExistsError(key);
        undo?.();
        return { ...dryRun(object, managed), created: true };
      }
      const entry = await pipeline.store.create(key, checkSize(templateOf(resource.toStored(object), managed)));
      return { ...written(resource, entry, object), created: true };
    } catch (error) {
      undo?.();
      if (!(error instanceof KeyExistsError)) unavailable(error);
      if (generated === undefined) throw alreadyExists(resource, metadata.name ?? "");
      if (attempt === nameAttempts) throw generateNameConflict(resource, metadata.name ?? "", 1);
    }
  }
}

/** What the server alone decides. */
function prepare(pipeline: Pipeline, call: Call, object: UnstructuredObject): void {
  const { metadata } = object;
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(pipeline.clock.now());
  delete metadata.resourceVersion;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  if (hasGeneration(call.resource, object)) metadata.generation = 1;
  else delete metadata.generation;
}
