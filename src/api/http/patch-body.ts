/** The body of a PATCH, in the form that its media type names. */
import { parseJson } from "../../machinery/schema/json-text.ts";
import { badRequest, unsupportedMediaType } from "../../machinery/status/errors.ts";
import type { PatchBody } from "../client/types.ts";
import type { Resource } from "../registry/resource.ts";
import { readBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { yamlToJson } from "./yaml.ts";

const patchTypes: Readonly<Record<string, PatchBody["type"]>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
};
const applyType = "application/apply-patch+yaml";

function mediaType({ headers }: Exchange): string {
  return (headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
}

export function isApply(exchange: Exchange): boolean {
  const type = mediaType(exchange);
  return type === applyType || type === "application/apply-patch+json";
}

/** Any but an apply. Throws 415 and 400. */
export async function patchBody(exchange: Exchange, { schema }: Resource): Promise<PatchBody> {
  const type = patchTypes[mediaType(exchange)];
  const builtin = schema.goName !== undefined;
  if (type === undefined || (type === "strategic" && !builtin)) {
    const accepted = Object.keys(patchTypes).filter((name) => builtin || patchTypes[name] !== "strategic");
    throw unsupportedMediaType([...accepted, applyType]);
  }
  const body = await readBody(exchange);
  let value: unknown;
  try {
    value = parseJson(body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (type === "json") {
    if (!Array.isArray(value)) {
      throw badRequest("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
    }
    return { type, patch: value };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`,
    );
  }
  return { type, patch: value };
}

function goKind(value: unknown): string {
  return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}

const brace = 0x7b;

/** The configuration of an apply: YAML, of which JSON is a part. Throws 400. */
export async function applyBody(exchange: Exchange): Promise<Record<string, unknown>> {
  const body = await readBody(exchange);
  const value = (body[0] === brace ? fromJson(body) : undefined) ?? (await fromYaml(body));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`,
  );
}

/** undefined: perhaps it is YAML all the same. */
function fromJson(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

async function fromYaml(body: Buffer): Promise<unknown> {
  try {
    return parseJson(await yamlToJson(body));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw badRequest(`error decoding YAML: ${error.message}`, { cause: error });
  }
}
