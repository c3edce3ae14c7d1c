/**
 * What is served, told in three forms: the legacy lists (/api, /apis, /api/v1, /apis/GROUP, /apis/GROUP/VERSION) and the
 * aggregated document (apidiscovery.k8s.io/v2) that carries everything at once, with an ETag.
 */
import { createHash } from "node:crypto";
import type { Verb } from "../../machinery/kinds/types.ts";
import { apiVersionOf } from "../../machinery/meta/object.ts";
import type { APIGroup, APIResource } from "../../machinery/types/meta/v1.ts";
import type { Registry, ServedGroup, ServedVersion } from "../registry/registry.ts";
import type { Resource } from "../registry/resource.ts";

export interface Aggregated {
  readonly text: string;
  readonly etag: string;
}

export class Discovery {
  readonly #registry: Registry;
  #generation = -1;
  readonly #aggregated = new Map<"api" | "apis", Aggregated>();
  /** "host:port", as clients reach the server. */
  readonly #address: () => string;

  constructor(registry: Registry, address: () => string) {
    this.#registry = registry;
    this.#address = address;
  }

  /** Of every form but the aggregated one, which shares two of them. */
  paths(): readonly string[] {
    return [
      ...["/api", "/apis", "/apis/"],
      ...this.#registry.groups.flatMap(({ group, versions }) => [
        ...(group === "" ? [] : [`/apis/${group}`]),
        ...versions.map(({ version }) => (group === "" ? `/api/${version}` : `/apis/${group}/${version}`)),
      ]),
    ];
  }

  /** /api */
  coreVersions(): object {
    const versions = this.#groups("api").flatMap(({ versions }) => versions.map(({ version }) => version));
    return {
      kind: "APIVersions",
      versions,
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: this.#address() }],
    };
  }

  /** /apis */
  groupList(): object {
    return { kind: "APIGroupList", apiVersion: "v1", groups: this.#groups("apis").map(apiGroup) };
  }

  /** /apis/GROUP */
  group(name: string): object | undefined {
    const group = this.#registry.groups.find((one) => one.group === name && name !== "");
    return group && { kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) };
  }

  /** /api/v1, /apis/GROUP/VERSION */
  version(groupName: string, versionName: string): object | undefined {
    const group = this.#registry.groups.find((one) => one.group === groupName);
    const version = group?.versions.find((one) => one.version === versionName);
    if (version === undefined) return undefined;
    return {
      kind: "APIResourceList",
      ...(groupName === "" ? {} : { apiVersion: "v1" }),
      groupVersion: apiVersionOf({ group: groupName, version: versionName }),
      resources: version.resources.flatMap(apiResources),
    };
  }

  aggregated(root: "api" | "apis"): Aggregated {
    if (this.#generation !== this.#registry.generation) {
      this.#aggregated.clear();
      this.#generation = this.#registry.generation;
    }
    let document = this.#aggregated.get(root);
    if (document === undefined) {
      const text = JSON.stringify({
        kind: "APIGroupDiscoveryList",
        apiVersion: "apidiscovery.k8s.io/v2",
        metadata: {},
        items: this.#groups(root).map(({ group, versions }) => ({
          metadata: { ...(group ? { name: group } : {}), creationTimestamp: null },
          versions: versions.map(aggregatedVersion),
        })),
      });
      document = { text, etag: `"${createHash("sha512").update(text).digest("hex").toUpperCase()}"` };
      this.#aggregated.set(root, document);
    }
    return document;
  }

  #groups(root: "api" | "apis"): readonly ServedGroup[] {
    return this.#registry.groups.filter(({ group }) => (root === "api") === (group === ""));
  }
}

function apiGroup({ group, versions }: ServedGroup): APIGroup {
  const named = versions.map(({ version }) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  const [preferredVersion] = named;
  return { name: group, versions: named, ...(preferredVersion ? { preferredVersion } : {}) };
}

const verbOrder: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

function verbsOf(resource: Resource): string[] {
  return verbOrder.filter((verb) => resource.verbs.has(verb));
}

function storageHash({ definition, storedApiVersion, kind }: Resource): string {
  const id = `${definition.group}/${storedApiVersion}/${kind}`;
  return createHash("sha256").update(id).digest().subarray(0, 8).toString("base64");
}

function apiResources(resource: Resource): APIResource[] {
  const { definition, namespaced, kind } = resource;
  const { singular, shortNames, categories } = definition.names;
  const stored = resource.verbs.has("list");
  return [
    {
      name: resource.resource,
      singularName: singular,
      namespaced,
      kind,
      verbs: verbsOf(resource),
      ...(shortNames?.length ? { shortNames: [...shortNames] } : {}),
      ...(categories?.length ? { categories: [...categories] } : {}),
      ...(stored ? { storageVersionHash: storageHash(resource) } : {}),
    },
    ...subresourcesOf(resource).map(({ name, group, version, kind: own, verbs }) => ({
      name: `${resource.resource}/${name}`,
      singularName: "",
      namespaced,
      ...(version === undefined ? {} : { group: group ?? "", version }),
      kind: own,
      verbs: [...verbs],
    })),
  ];
}

interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

function subresourcesOf({ definition, kind }: Resource): Subresource[] {
  const { status, scale, other } = definition.subresources;
  const verbs = ["get", "patch", "update"];
  const all: Subresource[] = Object.entries(other ?? {}).map(([name, rest]) => ({ name, ...rest }));
  if (status) all.push({ name: "status", kind, verbs });
  if (scale) all.push({ name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs });
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function aggregatedVersion({ version, resources }: ServedVersion): object {
  return {
    version,
    resources: resources.map((resource) => {
      const { group, kind, definition } = resource;
      const { singular, shortNames, categories } = definition.names;
      const subresources = subresourcesOf(resource).map((one) => ({
        subresource: one.name,
        responseKind: {
          group: one.version === undefined ? group : (one.group ?? ""),
          version: one.version ?? version,
          kind: one.kind,
        },
        verbs: one.verbs,
      }));
      return {
        resource: resource.resource,
        responseKind: { group, version, kind },
        scope: definition.scope === "Namespaced" ? "Namespaced" : "Cluster",
        singularResource: singular,
        verbs: verbsOf(resource),
        ...(shortNames?.length ? { shortNames } : {}),
        ...(categories?.length ? { categories } : {}),
        ...(subresources.length ? { subresources } : {}),
      };
    }),
    freshness: "Current",
  };
}
