import { notAcceptable, unsupportedMediaType } from "../../machinery/status/errors.ts";

/** How an answer is to look. `as`: the object itself, or something made of it. */
export interface Accepted {
  readonly format: "json" | "yaml";
  readonly as: "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  readonly pretty: boolean;
}

export const acceptedTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const;

const plainJson: Accepted = { format: "json", as: "object", pretty: false };
const cache = new Map<string, Accepted>();
const cacheLimit = 500;

/**
 * The first clause that can be served, as client-go sends them: `application/json;as=Table;v=v1;g=meta.k8s.io,…`.
 * Protobuf is passed over: clients name JSON after it. Throws 406.
 */
export function negotiate(accept: string | undefined, isWatch: boolean): Accepted {
  if (accept === undefined || accept === "" || accept === "*/*" || accept === "application/json") return plainJson;
  const key = isWatch ? `watch ${accept}` : accept;
  let found = cache.get(key);
  if (found === undefined) {
    found = choose(accept, isWatch);
    if (cache.size < cacheLimit) cache.set(key, found);
  }
  return found;
}

function choose(accept: string, isWatch: boolean): Accepted {
  for (const clause of byQuality(accept)) {
    const [type = "", ...rest] = clause.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((part) => part.split("=", 2) as [string, string]));
    const format = formatOf(type.toLowerCase());
    if (format === undefined || (isWatch && format === "yaml")) continue;
    const as = parameters.get("as");
    const pretty = parameters.get("pretty") === "1";
    if (as === undefined) return { format, as: "object", pretty };
    const version = parameters.get("v");
    if (parameters.get("g") !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) continue;
    if (as === "Table" || as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") {
      return { format, as, pretty };
    }
  }
  throw notAcceptable(acceptedTypes);
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
    default:
      return undefined;
  }
}

/** What a body is written in. Absent counts as JSON. Throws 415. */
export function bodyFormat(contentType: string | undefined): "json" | "yaml" | "protobuf" {
  if (contentType === undefined || contentType === "application/json") return "json";
  if (contentType.startsWith("application/vnd.kubernetes.protobuf")) return "protobuf";
  const format = formatOf((contentType.split(";")[0] ?? "").trim().toLowerCase());
  if (format === undefined || contentType.includes("*")) throw unsupportedMediaType(acceptedTypes);
  return format;
}
