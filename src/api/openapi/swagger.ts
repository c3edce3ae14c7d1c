/** The whole API as one Swagger 2.0 document: /openapi/v2. */
import type { GroupVersionKind } from "../../machinery/meta/object.ts";
import { loadDescriptions } from "../../machinery/schema/descriptions.ts";
import { OpenApiComponents, type OpenApiObject } from "../../machinery/schema/to-openapi.ts";
import type { Registry } from "../registry/registry.ts";
import type { Resource } from "../registry/resource.ts";
import { pathsOf } from "./operations.ts";

const metaTypes = "k8s.io/apimachinery/pkg/apis/meta/v1";
const patchName = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
const mediaTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

export async function swaggerDocument(registry: Registry, version: string): Promise<OpenApiObject> {
  const resources = registry.groups.flatMap(({ versions }) => versions.flatMap((one) => one.resources));
  const descriptions = await loadDescriptions();
  const collected = new OpenApiComponents({ version: 2, descriptions, kinds: kindsOf(resources) });
  const shared = {
    status: collected.addType(`${metaTypes}.Status`),
    deleteOptions: collected.addType(`${metaTypes}.DeleteOptions`),
    patch: { $ref: `#/definitions/${patchName}` },
  };
  collected.components[patchName] = {
    description: "Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.",
    type: "object",
  };
  const listMeta = collected.addType(`${metaTypes}.ListMeta`);
  const paths: Record<string, unknown> = {};
  for (const resource of resources) {
    const { schema, group, version: name, kind } = resource;
    const object =
      schema.goName === undefined
        ? collected.addCustomResource(schema, { group, version: name, kind })
        : collected.addType(schema.goName);
    const list = addList(collected, resource, object, listMeta);
    for (const [path, item] of Object.entries(pathsOf(resource, { object, list, ...shared }))) {
      paths[path] = swaggerItem(item);
    }
  }
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: `v1.36.0+kl${version}` },
    paths,
    definitions: collected.components,
  };
}

function kindsOf(resources: readonly Resource[]): Map<string, GroupVersionKind[]> {
  const kinds = new Map<string, GroupVersionKind[]>();
  for (const { schema, group, version, kind } of resources) {
    if (schema.goName !== undefined) kinds.set(schema.goName, [{ group, version, kind }]);
  }
  return kinds;
}

function addList(
  { components }: OpenApiComponents,
  { group, version, listKind, kind }: Resource,
  object: OpenApiObject,
  listMeta: OpenApiObject,
): OpenApiObject {
  const $ref = `${String(object.$ref)}List`;
  components[$ref.slice($ref.lastIndexOf("/") + 1)] ??= {
    description: `${listKind} is a list of ${kind}`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      items: { type: "array", items: object },
      kind: { type: "string" },
      metadata: listMeta,
    },
    "x-kubernetes-group-version-kind": [{ group, kind: listKind, version }],
  };
  return { $ref };
}

interface Operation {
  readonly parameters: readonly OpenApiObject[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}

/** What OpenAPI 3 says with bodies and contents, Swagger says with parameters and types. */
function swaggerItem({ parameters, ...operations }: Readonly<Record<string, unknown>>): OpenApiObject {
  const item: OpenApiObject = {};
  for (const [method, value] of Object.entries(operations)) {
    const { parameters: own, requestBody, responses, ...rest } = value as Operation;
    const content = Object.entries(requestBody?.content ?? {});
    const schema = content[0]?.[1].schema;
    const required = (requestBody as { required?: boolean } | undefined)?.required;
    const body = schema && { in: "body", name: "body", ...(required ? { required } : {}), schema };
    item[method] = {
      ...rest,
      consumes: content[0] === undefined || content[0][0] === "*/*" ? ["*/*"] : content.map(([type]) => type),
      produces: mediaTypes,
      schemes: ["https"],
      parameters: [...own.map(lifted), ...(body ? [body] : [])],
      responses: Object.fromEntries(
        Object.entries(responses).map(([code, { description, content: answer }]) => {
          const answered = Object.values(answer ?? {})[0] as { readonly schema: object } | undefined;
          return [code, { description, ...(answered ? { schema: answered.schema } : {}) }];
        }),
      ),
    };
  }
  if (Array.isArray(parameters)) item.parameters = parameters.map((one: OpenApiObject) => lifted(one));
  return item;
}

function lifted({ schema, ...parameter }: OpenApiObject): OpenApiObject {
  return { ...parameter, ...(schema as object) };
}
