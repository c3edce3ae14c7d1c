import type { ResourceDefinition } from "../../machinery/kinds/types.ts";
import { apiVersionOf, type GroupVersionResource } from "../../machinery/meta/object.ts";
import { Resource } from "./resource.ts";

export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly Resource[];
}

export interface ServedGroup {
  readonly group: string;
  /** The preferred first. */
  readonly versions: readonly ServedVersion[];
}

/**
 * What is served, by group, version and plural. Definitions come and go while the server runs (CustomResourceDefinitions);
 * `generation` tells caches of discovery and OpenAPI when to begin anew.
 */
export class Registry {
  readonly #definitions = new Map<string, ResourceDefinition>();
  #resources = new Map<string, Map<string, Resource>>();
  #groups: readonly ServedGroup[] = [];
  #generation = 0;

  constructor(definitions: Iterable<ResourceDefinition>) {
    for (const definition of definitions) this.#definitions.set(idOf(definition), definition);
    this.#rebuild();
  }

  get generation(): number {
    return this.#generation;
  }

  add(definition: ResourceDefinition): void {
    this.#definitions.set(idOf(definition), definition);
    this.#rebuild();
  }

  remove(group: string, plural: string): void {
    this.#definitions.delete(`${plural}.${group}`);
    this.#rebuild();
  }

  find(apiVersion: string, plural: string): Resource | undefined {
    return this.#resources.get(apiVersion)?.get(plural);
  }

  resource({ group, version, resource }: GroupVersionResource): Resource | undefined {
    return this.find(apiVersionOf({ group, version }), resource);
  }

  serves(apiVersion: string): boolean {
    return this.#resources.has(apiVersion);
  }

  /** Groups in the order of discovery: the core group first. */
  get groups(): readonly ServedGroup[] {
    return this.#groups;
  }

  #rebuild(): void {
    const users = new Map<string, number>();
    for (const { storagePrefix } of this.#definitions.values()) {
      users.set(storagePrefix, (users.get(storagePrefix) ?? 0) + 1);
    }
    const groups = new Map<string, Map<string, Resource[]>>();
    this.#resources = new Map();
    for (const definition of this.#definitions.values()) {
      const versions = groups.get(definition.group) ?? new Map<string, Resource[]>();
      groups.set(definition.group, versions);
      for (const version of definition.versions) {
        const resource = new Resource(definition, version, (users.get(definition.storagePrefix) ?? 0) > 1);
        const byPlural = this.#resources.get(resource.apiVersion) ?? new Map<string, Resource>();
        this.#resources.set(resource.apiVersion, byPlural.set(resource.resource, resource));
        versions.set(version.name, [...(versions.get(version.name) ?? []), resource]);
      }
    }
    this.#groups = [...groups]
      .map(([group, versions]) => ({
        group,
        versions: [...versions]
          .map(([version, resources]) => ({
            version,
            resources: resources.sort((a, b) => (a.resource < b.resource ? -1 : 1)),
          }))
          .sort((a, b) => versionRank(b.version) - versionRank(a.version)),
      }))
      .sort((a, b) => (a.group === "" ? -1 : b.group === "" ? 1 : 0));
    this.#generation++;
  }
}

function idOf({ names, group }: ResourceDefinition): string {
  return `${names.plural}.${group}`;
}

/** Kubernetes' order of versions: v2 before v1 before v1beta2 before v1alpha1. */
function versionRank(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return 0;
  const stage = match[2] === undefined ? 3 : match[2] === "beta" ? 2 : 1;
  return stage * 1e6 + Number(match[1]) * 1e3 + Number(match[3] ?? 0);
}
