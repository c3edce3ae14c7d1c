import { StatusError } from "../../machinery/status/error.ts";
import { notAcceptable, unsupportedMediaType } from "../../machinery/status/errors.ts";

/** How an answer is to look. `as`: the object itself, or something made of it. */
export interface Accepted {
  readonly format: "json" | "yaml" | "protobuf";
  readonly as: "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  readonly pretty: boolean;
}

export const acceptedTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const;

const plainJson: Accepted = { format: "json", as: "object", pretty: false };
const cache = new Map<string, Accepted>();
const cacheLimit = 500;

/**
 * The first clause that can be served, as client-go sends them: `application/vnd.kubernetes.protobuf,application/json` or
 * `application/json;as=Table;v=v1;g=meta.k8s.io,…`. `resource`: custom ones have no protobuf. Throws 406.
 */
export function negotiate(
  accept: string | undefined,
  resource?: { readonly hasProtobuf: boolean },
  isWatch = false,
): Accepted {
  if (accept === undefined || accept === "" || accept === "*/*" || accept === "application/json") return plainJson;
  const protobuf = !accept.includes("protobuf") || (resource?.hasProtobuf ?? true);
  const key = `${isWatch ? "watch " : ""}${protobuf ? "" : "text "}${accept}`;
  let found = cache.get(key);
  if (found === undefined) {
    found = choose(accept, isWatch, protobuf);
    if (cache.size < cacheLimit) cache.set(key, found);
  }
  return found;
}

function choose(accept: string, isWatch: boolean, protobuf: boolean): Accepted {
  for (const clause of byQuality(accept)) {
    const [type = "", ...rest] = clause.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split("=", 2) as [string, string]));
    const format = formatOf(type.toLowerCase());
    if (format === undefined || (isWatch && format === "yaml")) continue;
    const as = parameters.get("as");
    const pretty = parameters.get("pretty") === "1";
    if (as === undefined) {
      if (format === "protobuf" && !protobuf) continue;
      return { format, as: "object", pretty };
    }
    const version = parameters.get("v");
    if (parameters.get("g") !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) continue;
    // A Table's cells are of any type: Kubernetes has no protobuf for it.
    if (as === "Table" && format === "protobuf") continue;
    if (as === "Table" || as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") {
      return { format, as, pretty };
    }
  }
  throw notAcceptable(acceptedTypes);
}

/** How an error is told: as asked where that is possible, in JSON otherwise. */
export function errorFormat(accept: string | undefined): "json" | "protobuf" {
  if (accept === undefined || !accept.includes("protobuf")) return "json";
  try {
    return negotiate(accept).format === "protobuf" ? "protobuf" : "json";
  } catch (error) {
    if (error instanceof StatusError) return "json";
    throw error;
  }
}

function byQuality(accept: string): string[] {
  const clauses = accept.split(",").slice(0, 32);
  if (!accept.includes("q=")) return clauses;
  const quality = (clause: string): number => Number(/;\s*q=([\d.]+)/.exec(clause)?.[1] ?? 1);
  return clauses.sort((a, b) => quality(b) - quality(a));
}

function formatOf(type: string): Accepted["format"] | undefined {
  switch (type) {
    case "application/json":
    case "application/*":
    case "*/*":
      return "json";
    case "application/yaml":
    case "application/x-yaml":
    case "text/yaml":
      return "yaml";
    case "application/vnd.kubernetes.protobuf":
      return "protobuf";
    default:
      return undefined;
  }
}

/** What a body is written in. Absent counts as JSON. Throws 415. */
export function bodyFormat(contentType: string | undefined): Accepted["format"] {
  if (contentType === undefined || contentType === "application/json") return "json";
  const format = formatOf((contentType.split(";")[0] ?? "").trim().toLowerCase());
  if (format === undefined || contentType.includes("*")) throw unsupportedMediaType(acceptedTypes);
  return format;
}
