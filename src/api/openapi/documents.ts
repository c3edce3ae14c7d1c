/**
 * OpenAPI v3 documents, one per group version, made when first asked for. The index tells a hash of each, so that clients
 * keep what they have.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../machinery/clock.ts";
import { apiVersionOf, type GroupVersionKind } from "../../machinery/meta/object.ts";
import { loadDescriptions } from "../../machinery/schema/descriptions.ts";
import { OpenApiComponents, type OpenApiObject } from "../../machinery/schema/to-openapi.ts";
import type { Registry, ServedVersion } from "../registry/registry.ts";
import type { Resource } from "../registry/resource.ts";
import { KeptForAWhile } from "./kept-for-a-while.ts";
import { pathsOf } from "./operations.ts";

const metaTypes = "k8s.io/apimachinery/pkg/apis/meta/v1";

export interface OpenApiDocument {
  readonly body: Buffer;
  readonly etag: string;
}

export class OpenApiDocuments {
  readonly #registry: Registry;
  readonly #version: string;
  #generation = -1;
  readonly #documents: KeptForAWhile<Promise<OpenApiDocument>>;

  /** `version` is the program's: another one may describe the same kinds otherwise. */
  constructor(registry: Registry, version: string, clock: Clock) {
    this.#registry = registry;
    this.#version = version;
    this.#documents = new KeptForAWhile(clock);
  }

  /** Documents in memory. */
  get kept(): number {
    return this.#documents.size;
  }

  /** Of /openapi/v2, known before the document is made. */
  get swaggerEtag(): string {
    const hash = createHash("sha512");
    for (const { group, versions } of this.#registry.groups) {
      for (const version of versions) hash.update(this.#hash(group, version));
    }
    return `"${hash.digest("hex").toUpperCase()}"`;
  }

  /** /openapi/v2 */
  swagger(form: "json" | "protobuf"): Promise<OpenApiDocument> {
    this.#forgetOld();
    return this.#documents.get(`swagger ${form}`, async () => {
      const [{ swaggerDocument }, { gnosticDocument }] = await Promise.all([
        import("./swagger.ts"),
        import("./gnostic.ts"),
      ]);
      const document = await swaggerDocument(this.#registry, this.#version);
      const body = form === "json" ? Buffer.from(JSON.stringify(document)) : gnosticDocument(document);
      return { body, etag: this.swaggerEtag };
    });
  }

  /** Definitions came or went: what was made of them is of no more use. */
  #forgetOld(): void {
    if (this.#generation === this.#registry.generation) return;
    this.#generation = this.#registry.generation;
    this.#documents.clear();
  }

  /** /openapi/v3 */
  index(): object {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const { group, versions } of this.#registry.groups) {
      for (const version of versions) {
        const path = group === "" ? `api/${version.version}` : `apis/${group}/${version.version}`;
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#hash(group, version)}` };
      }
    }
    return { paths };
  }

  /** /openapi/v3/PATH, with the path as the index has it. */
  document(group: string, versionName: string): Promise<OpenApiDocument> | undefined {
    const version = this.#registry.groups
      .find((one) => one.group === group)
      ?.versions.find((one) => one.version === versionName);
    if (version === undefined) return undefined;
    this.#forgetOld();
    return this.#documents.get(apiVersionOf({ group, version: versionName }), () => this.#make(group, version));
  }

  #hash(group: string, { version, resources }: ServedVersion): string {
    const hash = createHash("sha512").update(`${this.#version}\0${group}\0${version}`);
    for (const resource of resources) hash.update(`\0${resource.resource}\0${resource.kind}`);
    // A custom kind's schema changes under the same name.
    if (resources.some(({ schema }) => schema.goName === undefined)) hash.update(`\0${this.#registry.generation}`);
    return hash.digest("hex").toUpperCase();
  }

  async #make(group: string, version: ServedVersion): Promise<OpenApiDocument> {
    const descriptions = await loadDescriptions();
    const kinds = new Map<string, GroupVersionKind[]>();
    for (const { schema, kind, listKind } of version.resources) {
      const { goName } = schema;
      if (goName === undefined) continue;
      kinds.set(goName, [{ group, version: version.version, kind }]);
      kinds.set(`${goName}List`, [{ group, version: version.version, kind: listKind }]);
    }
    const collected = new OpenApiComponents({ version: 3, descriptions, kinds });
    const shared = {
      status: collected.addType(`${metaTypes}.Status`),
      deleteOptions: collected.addType(`${metaTypes}.DeleteOptions`),
      patch: addPatch(collected),
    };
    const listMeta = collected.addType(`${metaTypes}.ListMeta`);
    const paths: Record<string, unknown> = {};
    for (const resource of version.resources) {
      const object = addObject(collected, resource);
      const list = addList(collected, resource, object, listMeta);
      Object.assign(paths, pathsOf(resource, { object, list, ...shared }));
    }
    const body = Buffer.from(
      JSON.stringify({
        openapi: "3.0.0",
        info: { title: "Kubernetes", version: `v1.36.0+kl${this.#version}` },
        paths,
        components: { schemas: collected.components },
      }),
    );
    return { body, etag: `"${this.#hash(group, version)}"` };
  }
}

/** No struct: whatever the patch's media type says. */
function addPatch({ components }: OpenApiComponents): OpenApiObject {
  const name = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
  components[name] = {
    description: "Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.",
    type: "object",
  };
  return { $ref: `#/components/schemas/${name}` };
}

function addObject(collected: OpenApiComponents, { schema, group, version, kind }: Resource): OpenApiObject {
  return schema.goName === undefined
    ? collected.addCustomResource(schema, { group, version, kind })
    : collected.addType(schema.goName);
}

function addList(
  collected: OpenApiComponents,
  { group, version, listKind, kind }: Resource,
  object: OpenApiObject,
  listMeta: OpenApiObject,
): OpenApiObject {
  const reference = String(object.$ref);
  const name = `${reference.slice(reference.lastIndexOf("/") + 1)}List`;
  collected.components[name] ??= {
    description: `${listKind} is a list of ${kind}`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      items: { type: "array", items: { default: {}, allOf: [object] } },
      kind: { type: "string" },
      metadata: { default: {}, allOf: [listMeta] },
    },
    "x-kubernetes-group-version-kind": [{ group, kind: listKind, version }],
  };
  return { $ref: `${reference}List` };
}
