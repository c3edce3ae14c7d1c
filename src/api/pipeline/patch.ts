import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { applyJsonPatch } from "../../machinery/patch/json-patch.ts";
import { applyMergePatch } from "../../machinery/patch/merge-patch.ts";
import { applyStrategicPatch } from "../../machinery/patch/strategic.ts";
import type { Schema } from "../../machinery/schema/types.ts";
import { badRequest } from "../../machinery/status/errors.ts";
import type { JsonPatchOperation, PatchBody } from "../client/types.ts";
import { cloneJson } from "../serialize/json.ts";
import { change, MissingError } from "./change.ts";
import { decodeValue } from "./decode.ts";
import type { Call, Outcome, Pipeline, WriteParameters } from "./types.ts";

/**
 * PATCH of the object or its status: applied to what stands there, then an update like any other. Strategic merge needs a
 * built-in's schema; for custom resources the HTTP layer answers 415 before it comes here.
 */
export async function patch(pipeline: Pipeline, call: Call, body: PatchBody, write: WriteParameters): Promise<Outcome> {
  const { resource } = call;
  try {
    return await change(pipeline, call, write, (old, _attempt, value) => {
      // A retry says its warnings again: only the last attempt's count.
      call.warnings.length = 0;
      const patched = decodeValue(
        call,
        cloneJson(applyPatch(seesManagedFields(body) ? resource.wholeOf(value) : old, body, resource.schema)),
        write.fieldValidation,
      );
      if (patched.metadata.name !== call.name) {
        if (!patched.metadata.name) patched.metadata.name = call.name;
        else {
          throw badRequest(
            `the name of the object (${patched.metadata.name}) does not match the name on the URL (${call.name})`,
          );
        }
      }
      return withOwnRevision(patched, old, body);
    });
  } catch (error) {
    throw error instanceof MissingError ? error.status : error;
  }
}

export function applyPatch(old: object, body: PatchBody, schema: Schema): unknown {
  switch (body.type) {
    case "json":
      return applyJsonPatch(old, body.patch);
    case "merge":
      return applyMergePatch(old, body.patch);
    case "strategic":
      return applyStrategicPatch(old as Record<string, unknown>, body.patch, schema);
  }
}

/** Only a JSON patch can look at what it changes; the others replace the list as a whole. */
function seesManagedFields(body: PatchBody): boolean {
  if (body.type !== "json") return false;
  // What is no operation at all is for the patch itself to refuse.
  return body.patch.some(
    (operation: JsonPatchOperation | null) => reaches(operation?.path) || reaches(operation?.from),
  );
}

function reaches(pointer: unknown): boolean {
  if (typeof pointer !== "string") return false;
  return pointer === "" || pointer === "/metadata" || pointer.startsWith("/metadata/managedFields");
}

/**
 * The resourceVersion that came from `old` says nothing of what the client knows: only one that the patch itself names
 * insists on a revision.
 */
function withOwnRevision(patched: UnstructuredObject, old: UnstructuredObject, body: PatchBody): UnstructuredObject {
  if (patched.metadata.resourceVersion !== old.metadata.resourceVersion || namesRevision(body)) return patched;
  delete patched.metadata.resourceVersion;
  return patched;
}

/** Whether the patch itself says which revision it is for. */
export function namesRevision(body: PatchBody): boolean {
  if (body.type === "json") return false;
  const { metadata } = body.patch as { metadata?: { resourceVersion?: unknown } | null };
  return typeof metadata?.resourceVersion === "string" && metadata.resourceVersion !== "";
}
