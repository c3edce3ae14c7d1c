import { parseApiVersion } from "../../machinery/meta/object.ts";
import { hasTypeFact } from "../../machinery/schema/table.ts";
import { badRequest } from "../../machinery/status/errors.ts";
import type { Registry } from "../registry/registry.ts";
import { readBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { bodyFormat } from "./negotiation.ts";
import { yamlToJson } from "./yaml.ts";

/** The body as JSON text, whatever it came in. Throws as readBody(), 415 for an unknown form and 400 for a broken one. */
export async function jsonBody(exchange: Exchange, registry: Registry): Promise<Buffer> {
  const format = bodyFormat(exchange.headers["content-type"]);
  const body = await readBody(exchange);
  if (format === "json" || body.length === 0) return body;
  return format === "yaml" ? yamlToJson(body) : protobufToJson(body, registry);
}

async function protobufToJson(body: Buffer, registry: Registry): Promise<Buffer> {
  const { decodeProtobuf } = await import("../serialize/protobuf.ts");
  const { ProtobufError } = await import("../serialize/protobuf-reader.ts");
  try {
    return Buffer.from(
      JSON.stringify(decodeProtobuf(body, (apiVersion, kind) => goNameOf(registry, apiVersion, kind))),
    );
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(`proto: ${error.message}`, { cause: error });
    throw error;
  }
}

const metaTypes = "k8s.io/apimachinery/pkg/apis/meta/v1";

/** Kinds of a package stand beside each other, those that are served and those that are only sent (Binding, Scale). */
function goNameOf(registry: Registry, apiVersion: string, kind: string): string | undefined {
  if (kind === "DeleteOptions") return `${metaTypes}.DeleteOptions`;
  const { group, version } = parseApiVersion(apiVersion);
  const served = registry.groups.find((one) => one.group === group)?.versions.find((one) => one.version === version);
  for (const { schema } of served?.resources ?? []) {
    if (schema.goName === undefined) continue;
    const goName = `${schema.goName.slice(0, schema.goName.lastIndexOf("."))}.${kind}`;
    return hasTypeFact(goName) ? goName : undefined;
  }
  return undefined;
}
