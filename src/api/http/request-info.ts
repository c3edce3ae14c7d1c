/** What a path asks for, as kube-apiserver's RequestInfo: its grammar is all that the HTTP layer knows of resources. */

export interface ResourceRequest {
  /** "v1", "apps/v1" */
  readonly apiVersion: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
  /** What follows after the subresource. */
  readonly rest: string;
  /** A legacy path: /api/v1/watch/… */
  readonly watch: boolean;
}

/** Subresources of the namespace itself, as opposed to resources in it. */
const ofNamespace: ReadonlySet<string> = new Set(["status", "finalize"]);

/** Undefined where the path is not that of a resource: discovery, health and what does not exist. Throws URIError for bad percent signs. */
export function parseResourcePath(path: string): ResourceRequest | undefined {
  const parts = path.split("/");
  parts.shift();
  if (parts.at(-1) === "") parts.pop();
  let group = "";
  if (parts[0] === "apis") {
    parts.shift();
    group = parts[0] ?? "";
    if (group === "") return undefined;
  } else if (parts[0] !== "api") return undefined;
  const version = parts[1] ?? "";
  if (version === "" || parts.length < 3) return undefined;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  let at = 2;
  const watch = parts[at] === "watch" && parts.length > 3;
  if (watch) at++;
  let namespace = "";
  let resource = parts[at] ?? "";
  if (resource === "namespaces" && parts.length > at + 1) {
    namespace = decoded(parts[at + 1] ?? "");
    const inside = parts[at + 2];
    if (inside !== undefined && !ofNamespace.has(inside)) {
      at += 2;
      resource = inside;
    }
  }
  const isNamespace = resource === "namespaces" && parts[at] === "namespaces";
  const name = decoded(parts[at + 1] ?? "");
  if (parts.length > at + 1 && name === "") return undefined;
  return {
    apiVersion,
    group,
    version,
    namespace: isNamespace ? "" : namespace,
    resource,
    name,
    subresource: parts[at + 2] ?? "",
    rest: parts.slice(at + 3).join("/"),
    watch,
  };
}

function decoded(part: string): string {
  return part.includes("%") ? decodeURIComponent(part) : part;
}
