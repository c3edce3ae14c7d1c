/** Where an object of a manifest belongs in the API. */
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { type ApiResource, pathOf } from "../rest/resource-mapping.ts";
import type { Manifest } from "./read.ts";

export interface ManifestTarget extends Manifest {
  readonly resource: ApiResource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** "deployment.apps/web" */
  readonly label: string;
  readonly collectionPath: string;
  /** Undefined with generateName. */
  readonly path: string | undefined;
}

/** Finds the resource and fills in the namespace. Throws in kubectl's words. */
export async function targetOf(cluster: Cluster, manifest: Manifest): Promise<ManifestTarget> {
  const { object, source } = manifest;
  const apiVersion = object.apiVersion ?? "";
  const kind = object.kind ?? "";
  const resource = await cluster.mapping.ofKind(apiVersion, kind);
  if (!resource) {
    throw new ExitError(
      1,
      `error: resource mapping not found for name: "${object.metadata.name ?? ""}" namespace: "${object.metadata.namespace ?? ""}" from "${source}": no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
    );
  }
  const own = object.metadata.namespace;
  if (resource.namespaced && cluster.namespaceGiven && own !== undefined && own !== cluster.namespace) {
    throw new ExitError(
      1,
      `error: the namespace from the provided object "${own}" does not match the namespace "${cluster.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  const namespace = resource.namespaced ? (own ?? cluster.namespace) : undefined;
  const name = object.metadata.name;
  return {
    source,
    resource,
    namespace,
    name,
    label: `${resource.group === "" ? resource.singular : `${resource.singular}.${resource.group}`}/${name ?? object.metadata.generateName ?? ""}`,
    object:
      namespace !== undefined && own === undefined
        ? { ...object, metadata: { ...object.metadata, namespace } }
        : object,
    collectionPath: pathOf(resource, namespace),
    path: name === undefined ? undefined : pathOf(resource, namespace, name),
  };
}
