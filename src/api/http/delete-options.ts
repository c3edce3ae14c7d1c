import { parseApiVersion } from "../../machinery/meta/object.ts";
import { decodeBody } from "../../machinery/schema/decode-body.ts";
import { parseJson } from "../../machinery/schema/json-text.ts";
import { schemaOf } from "../../machinery/schema/load.ts";
import { badRequest } from "../../machinery/status/errors.ts";
import { deleteParameters } from "../pipeline/delete.ts";
import type { DeleteParameters } from "../pipeline/types.ts";
import type { Exchange } from "./exchange.ts";
import { jsonBody } from "./json-body.ts";
import { booleanParameter, integerParameter } from "./parameters.ts";

const schemaName = "k8s.io/apimachinery/pkg/apis/meta/v1.DeleteOptions";

/** DeleteOptions from the body where there is one, else from the query. */
export async function deleteOptions(exchange: Exchange, query: URLSearchParams): Promise<DeleteParameters> {
  const body = await jsonBody(exchange);
  if (body.length > 0) return fromBody(body);
  const gracePeriodSeconds = integerParameter(query, "gracePeriodSeconds");
  const orphanDependents = booleanParameter(query, "orphanDependents");
  const propagationPolicy = query.get("propagationPolicy");
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  return deleteParameters({
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy ? { propagationPolicy } : {}),
    ...(dryRun.length > 0 ? { dryRun } : {}),
  });
}

function fromBody(json: Buffer): DeleteParameters {
  const { group, version } = declaredVersion(json);
  const expected = { group, version, kind: "DeleteOptions", schema: schemaOf(schemaName) };
  const { object } = decodeBody(json, expected, "Ignore");
  return deleteParameters(object as unknown as Record<string, unknown>);
}

/** DeleteOptions are registered in every group: clients send them in that of the resource, or in "v1". */
function declaredVersion(json: Buffer): { group: string; version: string } {
  let value: unknown;
  try {
    value = parseJson(json);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const { apiVersion } = (typeof value === "object" && value !== null ? value : {}) as { apiVersion?: unknown };
  return typeof apiVersion === "string" && apiVersion !== ""
    ? parseApiVersion(apiVersion)
    : { group: "", version: "v1" };
}
