/** The paths of an OpenAPI document: what can be done with a resource, and with which types. */
import type { Verb } from "../../machinery/kinds/types.ts";
import type { Resource } from "../registry/resource.ts";
import {
  deleteParameters,
  listParameters,
  patchParameters,
  pathParameter,
  pretty,
  writeParameters,
} from "./parameters.ts";

/** References to the components that operations speak of. */
export interface OperationTypes {
  readonly object: object;
  readonly list: object;
  readonly status: object;
  readonly deleteOptions: object;
  readonly patch: object;
}

type PathItem = Record<string, unknown>;

const mediaTypes = ["application/json", "application/yaml"];
const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

export function pathsOf(resource: Resource, types: OperationTypes): Record<string, PathItem> {
  const base = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.apiVersion}`;
  const inside = resource.namespaced ? `${base}/namespaces/{namespace}` : base;
  const collection = `${inside}/${resource.resource}`;
  const one = `${collection}/{name}`;
  const paths: Record<string, PathItem> = {};
  paths[collection] = item(resource, false, {
    get: resource.verbs.has("list") && operation(resource, "list", types),
    post: resource.verbs.has("create") && operation(resource, "create", types),
    delete: resource.verbs.has("deletecollection") && operation(resource, "deletecollection", types),
  });
  const single: readonly [string, Verb][] = [
    ["get", "get"],
    ["put", "update"],
    ["patch", "patch"],
    ["delete", "delete"],
  ];
  const verbs = single.filter(([, verb]) => resource.verbs.has(verb));
  if (verbs.length > 0) {
    paths[one] = item(
      resource,
      true,
      Object.fromEntries(verbs.map(([method, verb]) => [method, operation(resource, verb, types)])),
    );
  }
  if (resource.namespaced && resource.verbs.has("list")) {
    paths[`${base}/${resource.resource}`] = { get: operation(resource, "list", types) };
  }
  if (resource.definition.subresources.status) {
    const methods = single.filter(([, verb]) => verb !== "delete");
    const operations = methods.map(([method, verb]) => [method, operation(resource, verb, types, "Status")]);
    paths[`${one}/status`] = item(resource, true, Object.fromEntries(operations));
  }
  return paths;
}

function item(resource: Resource, named: boolean, operations: Record<string, unknown>): PathItem {
  const parameters = [
    ...(named ? [pathParameter("name", `name of the ${resource.kind}`)] : []),
    ...(resource.namespaced
      ? [pathParameter("namespace", "object name and auth scope, such as for teams and projects")]
      : []),
    pretty,
  ];
  const present = Object.entries(operations).filter(([, value]) => value !== false);
  return { ...Object.fromEntries(present), parameters };
}

const actions: Readonly<Record<Verb, string>> = {
  get: "get",
  list: "list",
  watch: "watchlist",
  create: "post",
  update: "put",
  patch: "patch",
  delete: "delete",
  deletecollection: "deletecollection",
};

const ids: Readonly<Record<Verb, string>> = {
  get: "read",
  list: "list",
  watch: "watch",
  create: "create",
  update: "replace",
  patch: "patch",
  delete: "delete",
  deletecollection: "deleteCollection",
};

function operation(resource: Resource, verb: Verb, types: OperationTypes, suffix = ""): object {
  const { group, version, kind } = resource;
  const tag = `${camel(group === "" ? "core" : (group.split(".")[0] ?? group))}_${version}`;
  const scope = resource.namespaced ? "Namespaced" : "";
  const id = `${ids[verb]}${tag.split("_").map(upper).join("")}${scope}${kind}${suffix}`;
  return {
    description: `${ids[verb]} ${suffix ? "status of the specified " : ""}${kind}`,
    operationId: id,
    tags: [tag],
    parameters: parametersOf(verb),
    ...body(verb, types),
    responses: responses(verb, types),
    "x-kubernetes-action": actions[verb],
    "x-kubernetes-group-version-kind": { group, version, kind },
  };
}

function parametersOf(verb: Verb): readonly object[] {
  switch (verb) {
    case "create":
    case "update":
      return writeParameters;
    case "patch":
      return patchParameters;
    case "delete":
      return deleteParameters;
    case "deletecollection":
      return [
        ...deleteParameters,
        ...listParameters.filter(({ name }) => name !== "watch" && name !== "allowWatchBookmarks"),
      ];
    case "list":
      return listParameters;
    default:
      return [];
  }
}

function content(types: readonly string[], schema: object): object {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function body(verb: Verb, types: OperationTypes): object {
  switch (verb) {
    case "create":
    case "update":
      return { requestBody: { content: { "*/*": { schema: types.object } }, required: true } };
    case "patch":
      return { requestBody: { content: content(patchTypes, types.patch), required: true } };
    case "delete":
    case "deletecollection":
      return { requestBody: { content: { "*/*": { schema: types.deleteOptions } } } };
    default:
      return {};
  }
}

function responses(verb: Verb, types: OperationTypes): object {
  const unauthorized = { description: "Unauthorized" };
  const answer = (description: string, schema: object) => ({ description, content: content(mediaTypes, schema) });
  switch (verb) {
    case "list":
      return { "200": answer("OK", types.list), "401": unauthorized };
    case "create":
      return {
        "200": answer("OK", types.object),
        "201": answer("Created", types.object),
        "202": answer("Accepted", types.object),
        "401": unauthorized,
      };
    case "update":
    case "patch":
      return { "200": answer("OK", types.object), "201": answer("Created", types.object), "401": unauthorized };
    case "delete":
      return { "200": answer("OK", types.status), "202": answer("Accepted", types.status), "401": unauthorized };
    case "deletecollection":
      return { "200": answer("OK", types.status), "401": unauthorized };
    default:
      return { "200": answer("OK", types.object), "401": unauthorized };
  }
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function camel(text: string): string {
  return text.replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
}
