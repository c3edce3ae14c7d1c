/** JSON patch, RFC 6902, with kube-apiserver's limit and errors. */
import { applyPatch, type Operation } from "rfc6902";
import { deepCopy, isObject } from "../meta/immutable.ts";
import { failure } from "../status/error.ts";
import { badRequest, requestEntityTooLarge } from "../status/errors.ts";

export const maxJsonPatchOperations = 10_000;

const operations: ReadonlyMap<string, readonly string[]> = new Map([
  ["add", ["path", "value"]],
  ["remove", ["path"]],
  ["replace", ["path", "value"]],
  ["move", ["from", "path"]],
  ["copy", ["from", "path"]],
  ["test", ["path"]],
]);

const prototypeStep = /\/(?:__proto__|constructor|prototype)(?:\/|$)/;

/**
 * A new document; `document` is untouched. Throws StatusError: 400 for what is no patch, 413 for too many operations, 422
 * where an operation cannot be applied (its cause says which).
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const list = decodePatch(patch);
  const root = { document: deepCopy(document) };
  // The whole document may be replaced by the path "": it gets a parent.
  const rooted = list.map((operation) => ({
    ...operation,
    path: `/document${operation.path}`,
    ...("from" in operation ? { from: `/document${operation.from}` } : {}),
  })) as Operation[];
  for (const operation of rooted) {
    const [error] = applyPatch(root, [operation]);
    if (error) throw rejected(`${error.name}: ${error.message}`);
  }
  return root.document;
}

function decodePatch(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    const type = patch === null ? "null" : typeof patch === "boolean" ? "bool" : typeof patch;
    throw badRequest(`error decoding patch: json: cannot unmarshal ${type} into Go value of type jsonpatch.Patch`);
  }
  if (patch.length > maxJsonPatchOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`,
    );
  }
  for (const operation of patch) {
    if (!isObject(operation)) {
      throw badRequest("error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Operation");
    }
    const needs = typeof operation.op === "string" ? operations.get(operation.op) : undefined;
    if (!needs) throw rejected(`Unexpected kind: ${String(operation.op)}`);
    for (const field of needs) {
      if (!Object.hasOwn(operation, field)) throw rejected(`jsonpatch ${operation.op} operation needs ${field}`);
      const pointer = operation[field];
      if (field === "value") continue;
      if (typeof pointer !== "string" || (pointer !== "" && !pointer.startsWith("/"))) {
        throw rejected(`jsonpatch ${operation.op} operation has an invalid ${field}: ${JSON.stringify(pointer)}`);
      }
      // The library skips such a step and would change the parent instead.
      if (prototypeStep.test(pointer)) throw rejected(`jsonpatch ${operation.op} operation may not name ${pointer}`);
    }
  }
  return patch as Operation[];
}

function rejected(why: string) {
  const message = "the server rejected our request due to an error in our request";
  return failure(422, "Invalid", message, {}, { cause: new Error(why) });
}
