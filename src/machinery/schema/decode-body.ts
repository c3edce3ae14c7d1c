/** A request's body as an object of the kind that its URL names, with kube-apiserver's answers where it is not. */
import type { GroupVersionKind, UnstructuredObject } from "../meta/object.ts";
import { apiVersionOf, parseApiVersion } from "../meta/object.ts";
import type { StatusError } from "../status/error.ts";
import { badRequest } from "../status/errors.ts";
import { DecodeError, decodeTyped, maxStrictErrors } from "./decode.ts";
import { countKeys, duplicateKeys, JsonError, parseJson } from "./json-text.ts";
import { knownResources } from "./load.ts";
import { pruneResource } from "./prune.ts";
import type { Schema } from "./types.ts";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface ExpectedKind extends GroupVersionKind {
  readonly schema: Schema;
}

export interface DecodedBody {
  /** The caller's own. apiVersion and kind are set. */
  readonly object: UnstructuredObject;
  /** For Warning headers: `unknown field "spec.foo"`. Empty unless validation is "Warn". */
  readonly warnings: readonly string[];
}

/** Throws a 400 StatusError. */
export function decodeBody(body: Buffer, expected: ExpectedKind, validation: FieldValidation): DecodedBody {
  let value: unknown;
  try {
    value = parseJson(body);
    return decodeParsed(value, expected, validation, body);
  } catch (error) {
    if (error instanceof JsonError) throw unrecognized(body, expected, error);
    throw error;
  }
}

/**
 * The same for a value that is parsed already (YAML, a patch's result); `body`, the JSON text it came from, lets keys be
 * found that were given twice. Changes `value` in place: what shares parts with a stored object must be copied first
 * (deepCopy). Throws a 400 StatusError.
 */
export function decodeParsed(
  value: unknown,
  expected: ExpectedKind,
  validation: FieldValidation,
  body?: Buffer,
): DecodedBody {
  const { object, added } = typedAs(value, expected);
  const cannot = (why: string): StatusError =>
    badRequest(`${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: ${why}`);
  let unknown: readonly string[];
  let keys: number;
  try {
    ({ unknown, keys } = expected.schema.goName
      ? decodeTyped(object, expected.schema)
      : pruneResource(object, expected.schema));
  } catch (error) {
    if (error instanceof DecodeError) throw cannot(error.message);
    throw error;
  }
  if (!object.metadata && hasMetadata(expected.schema)) object.metadata = {};
  if (validation === "Ignore") return { object, warnings: [] };
  const problems = unknown.map((path) => `unknown field "${path}"`);
  if (body && countKeys(body) !== keys - added) {
    for (const path of duplicateKeys(body)) {
      const inUnknown = unknown.some((u) => path.startsWith(u) && /^(?:$|[.[])/.test(path.slice(u.length)));
      if (!inUnknown && problems.length < maxStrictErrors) problems.push(`duplicate field "${path}"`);
    }
  }
  if (problems.length > 0 && validation === "Strict") throw cannot(`strict decoding error: ${problems.join(", ")}`);
  return { object, warnings: problems };
}

/** Options such as DeleteOptions have none; every custom resource does. */
function hasMetadata(schema: Schema): boolean {
  return schema.goName === undefined || schema.properties?.metadata !== undefined;
}

/** Checks apiVersion and kind, and fills in those that are missing: `added` keys that the text does not have. */
function typedAs(value: unknown, expected: ExpectedKind): { object: UnstructuredObject; added: number } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${value === null ? "null" : type} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const object = value as UnstructuredObject;
  const { apiVersion, kind } = object;
  for (const [name, text] of [
    ["apiVersion", apiVersion],
    ["kind", kind],
  ]) {
    if (text === undefined || text === null || typeof text === "string") continue;
    const type = Array.isArray(text) ? "array" : typeof text === "boolean" ? "bool" : typeof text;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go struct field .${name} of type string`,
    );
  }
  const version = apiVersionOf(expected);
  if (apiVersion && apiVersion !== version) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${version})`,
    );
  }
  if (kind && kind !== expected.kind) throw wrongKind(kind, expected);
  const added = Number(!Object.hasOwn(object, "apiVersion")) + Number(!Object.hasOwn(object, "kind"));
  object.apiVersion = version;
  object.kind = expected.kind;
  return { object, added };
}

function wrongKind(kind: string, expected: ExpectedKind): StatusError {
  const { group } = parseApiVersion(apiVersionOf(expected));
  const known = knownResources().some((resource) => resource.kind === kind);
  const why = known
    ? `converting (${expected.version}.${kind}) to (${group === "" ? "core" : (group.split(".")[0] ?? group)}.${expected.kind}): unknown conversion`
    : `no kind "${kind}" is registered for version "${apiVersionOf(expected)}" in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  return badRequest(`${kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: ${why}`);
}

function unrecognized(body: Buffer, expected: ExpectedKind, error: JsonError): StatusError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected.kind}): couldn't get version/kind; json parse error: ${error.message} (${summary(body)})`,
    { cause: error },
  );
}

const summaryLength = 30;

/** The body's beginning: as text where it looks like an object, in hexadecimal otherwise. */
function summary(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const start = body.subarray(0, summaryLength);
  const more = body.length > summaryLength ? " ..." : "";
  return (body[0] === 0x7b ? start.toString("utf8") : start.toString("hex")) + more;
}
