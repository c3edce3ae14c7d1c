import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { decodeBody, decodeParsed } from "../../machinery/schema/decode-body.ts";
import { applyDefaults } from "../../machinery/schema/default.ts";
import { badRequest } from "../../machinery/status/errors.ts";
import { cloneJson } from "../serialize/json.ts";
import type { Call, FieldValidation, Input } from "./types.ts";

/** The request's object: decoded strictly, defaulted, in its namespace, and the pipeline's own to change. */
export function decodeInput(call: Call, input: Input, validation: FieldValidation): UnstructuredObject {
  const { trace } = call;
  return trace === undefined
    ? ofInput(call, input, validation)
    : trace.time("Deserialize", {}, () => ofInput(call, input, validation));
}

function ofInput(call: Call, input: Input, validation: FieldValidation): UnstructuredObject {
  const { object, warnings } =
    "json" in input
      ? decodeBody(input.json, call.resource, validation)
      : decodeParsed(cloneJson(input.object), call.resource, validation);
  call.warnings.push(...warnings);
  return defaulted(call, object);
}

/** The same for a value that a patch made. */
export function decodeValue(call: Call, value: unknown, validation: FieldValidation): UnstructuredObject {
  const { trace } = call;
  return trace === undefined
    ? ofValue(call, value, validation)
    : trace.time("Deserialize", {}, () => ofValue(call, value, validation));
}

function ofValue(call: Call, value: unknown, validation: FieldValidation): UnstructuredObject {
  const { object, warnings } = decodeParsed(value, call.resource, validation);
  call.warnings.push(...warnings);
  return defaulted(call, object);
}

function defaulted(call: Call, object: UnstructuredObject): UnstructuredObject {
  const { resource } = call;
  applyDefaults(object, resource.schema);
  resource.definition.strategy.defaultObject?.(object);
  placeInNamespace(call, object);
  return object;
}

function placeInNamespace({ resource, namespace }: Call, object: UnstructuredObject): void {
  const { metadata } = object;
  if (!resource.namespaced) delete metadata.namespace;
  else if (!metadata.namespace) metadata.namespace = namespace;
  else if (metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}
