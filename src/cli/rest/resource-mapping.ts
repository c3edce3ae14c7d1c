/**
 * From what a user types ("po", "deploy.apps", "Deployment") or a manifest says to the API's resources:
 * by a table for the names that every cluster has, by discovery for all others.
 */
import type { APIGroupDiscoveryList } from "../../machinery/types/apidiscovery/v2.ts";
import { ExitError } from "../exit-error.ts";
import { findBuiltin, findBuiltinKind } from "./builtin-resources.ts";
import type { RestClient } from "./client.ts";

export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

export class ResourceMapping {
  readonly #client: RestClient;
  #resources: Promise<readonly ApiResource[]> | undefined;

  constructor(client: RestClient) {
    this.#client = client;
  }

  /** Every resource of every served version, the preferred version of a group first. */
  all(): Promise<readonly ApiResource[]> {
    this.#resources ??= this.#discover();
    return this.#resources;
  }

  async #discover(): Promise<readonly ApiResource[]> {
    const [core, groups] = await Promise.all(
      ["/api", "/apis"].map((path) => this.#client.json<APIGroupDiscoveryList>({ path, accept: aggregated })),
    );
    return [...flatten(core), ...flatten(groups)];
  }

  /** `argument`: "pods", "po", "deployments.apps", "deployments.v1.apps". Throws as kubectl words it. */
  async resolve(argument: string): Promise<ApiResource> {
    const known = findBuiltin(argument);
    if (known) return known;
    const wanted = argument.toLowerCase();
    const [name = "", ...rest] = wanted.split(".");
    const resources = await this.all();
    const suffix = rest.join(".");
    const found =
      resources.find((resource) => answersTo(resource, name) && inGroup(resource, suffix)) ??
      resources.find((resource) => answersTo(resource, wanted));
    if (!found) throw new ExitError(1, `error: the server doesn't have a resource type "${argument.split(".")[0]}"`);
    return found;
  }

  /** As `resolve`, and the members of a category such as "all". */
  async resolveAll(argument: string): Promise<readonly ApiResource[]> {
    const known = findBuiltin(argument);
    if (known) return [known];
    const members = (await this.all()).filter((resource) => resource.categories.includes(argument));
    return members.length > 0 ? members : [await this.resolve(argument)];
  }

  async ofKind(apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    return (
      findBuiltinKind(apiVersion, kind) ??
      (await this.all()).find((resource) => resource.kind === kind && groupVersion(resource) === apiVersion)
    );
  }
}

export function groupVersion(resource: { group: string; version: string }): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** "deployment.apps", "pod": how kubectl names one object's kind, before the slash. */
export function kindLabel(resource: ApiResource): string {
  return resource.group === "" ? resource.singular : `${resource.singular}.${resource.group}`;
}

/** "deployments.apps", "pods": how kubectl names a resource in its messages. */
export function groupResource(resource: ApiResource): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** The path of a collection or, with a name, of one object. */
export function pathOf(
  resource: ApiResource,
  namespace: string | undefined,
  name?: string,
  subresource?: string,
): string {
  const prefix = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const tail = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${prefix}${scope}/${resource.plural}${tail}${subresource ? `/${subresource}` : ""}`;
}

function answersTo(resource: ApiResource, name: string): boolean {
  return (
    resource.plural === name ||
    resource.singular === name ||
    resource.shortNames.includes(name) ||
    resource.kind.toLowerCase() === name
  );
}

function inGroup(resource: ApiResource, suffix: string): boolean {
  if (suffix === "") return true;
  return (
    resource.group === suffix ||
    `${resource.version}.${resource.group}` === suffix ||
    resource.group.startsWith(`${suffix}.`) ||
    (resource.group === "" && resource.version === suffix)
  );
}

function flatten(list: APIGroupDiscoveryList | undefined): ApiResource[] {
  const flat: ApiResource[] = [];
  for (const group of list?.items ?? []) {
    for (const version of group.versions ?? []) {
      for (const resource of version.resources ?? []) {
        flat.push({
          group: group.metadata.name ?? "",
          version: version.version,
          plural: resource.resource,
          singular: resource.singularResource,
          kind: resource.responseKind?.kind ?? "",
          namespaced: resource.scope === "Namespaced",
          shortNames: resource.shortNames ?? [],
          categories: resource.categories ?? [],
        });
      }
    }
  }
  return flat;
}
