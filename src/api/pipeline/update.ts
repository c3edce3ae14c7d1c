import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { badRequest, invalid } from "../../machinery/status/errors.ts";
import { cloneJson } from "../serialize/json.ts";
import { change, MissingError } from "./change.ts";
import { createObject } from "./create.ts";
import { decodeInput } from "./decode.ts";
import type { Call, Input, Outcome, Pipeline, WriteParameters } from "./types.ts";

/** PUT of the object itself or of its status. */
export async function update(pipeline: Pipeline, call: Call, input: Input, write: WriteParameters): Promise<Outcome> {
  const object = decodeInput(call, input, write.fieldValidation);
  checkName(call, object);
  const { managedFields } = object.metadata;
  try {
    // Each attempt changes its object in place.
    return await change(pipeline, call, write, (_old, attempt) => {
      if (attempt === 1) {
        checkRevision(call, object);
        return object;
      }
      const again = cloneJson(object);
      if (managedFields) again.metadata.managedFields = managedFields;
      return again;
    });
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    if (call.subresource !== "" || !call.resource.definition.strategy.allowCreateOnUpdate) throw error.status;
    return createObject(pipeline, call, object, write);
  }
}

/** Some kinds are only replaced by those who say what they have seen; a patch or apply always starts from what stands there. */
function checkRevision({ resource, name }: Call, { metadata }: UnstructuredObject): void {
  if (resource.definition.strategy.allowUnconditionalUpdate !== false) return;
  if (metadata.resourceVersion && metadata.resourceVersion !== "0") return;
  throw invalid(resource, name, [
    {
      type: "FieldValueInvalid",
      field: "metadata.resourceVersion",
      message: "Invalid value: 0: must be specified for an update",
    },
  ]);
}

/** Throws a 400 for an object of another name than the URL's, or of none. */
export function checkName({ name }: Call, { metadata }: UnstructuredObject): void {
  if (!metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}
