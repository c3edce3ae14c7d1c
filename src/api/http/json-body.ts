import { badRequest } from "../../machinery/status/errors.ts";
import { readBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { bodyFormat } from "./negotiation.ts";
import { yamlToJson } from "./yaml.ts";

/** The body as JSON text, whatever it came in. Throws as readBody(), 415 for an unknown form and 400 for a broken one. */
export async function jsonBody(exchange: Exchange): Promise<Buffer> {
  const format = bodyFormat(exchange.headers["content-type"]);
  const body = await readBody(exchange);
  if (format === "json" || body.length === 0) return body;
  const json = await (format === "yaml" ? yamlToJson(body) : protobufToJson(body));
  exchange.observer?.sent(json);
  return json;
}

async function protobufToJson(body: Buffer): Promise<Buffer> {
  const { decodeObject } = await import("../../machinery/protobuf/envelope.ts");
  const { ProtobufError } = await import("../../machinery/protobuf/reader.ts");
  try {
    return Buffer.from(JSON.stringify(decodeObject(body)));
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(`proto: ${error.message}`, { cause: error });
    throw error;
  }
}
