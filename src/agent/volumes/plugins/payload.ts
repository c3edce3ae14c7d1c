/** ConfigMaps, Secrets and the downward API as files. Shared by the plain volumes and by projected ones. */
import type {
  ConfigMap,
  ConfigMapProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  Secret,
  SecretProjection,
} from "../../../machinery/types/core/v1.ts";
import type { FilePayload } from "../atomic-writer.ts";
import { fieldValue, resourceValue } from "../downward-api.ts";
import type { VolumeContext } from "./types.ts";

export type Files = Map<string, FilePayload>;

/** Throws `configmap "x" not found` unless it is optional. */
export function configMapFiles(context: VolumeContext, source: ConfigMapProjection, defaultMode: number): Files {
  const name = source.name ?? "";
  const namespace = context.pod.metadata.namespace ?? "";
  const configMap = context.host.objects.configMap(namespace, name);
  if (!configMap) {
    if (source.optional) return new Map();
    throw new Error(`configmap ${JSON.stringify(name)} not found`);
  }
  return pick(contentOfConfigMap(configMap), source.items, defaultMode, source.optional ?? false, "configmap");
}

/** Throws `secret "x" not found` unless it is optional. */
export function secretFiles(context: VolumeContext, source: SecretProjection, defaultMode: number): Files {
  const name = source.name ?? "";
  const namespace = context.pod.metadata.namespace ?? "";
  const secret = context.host.objects.secret(namespace, name);
  if (!secret) {
    if (source.optional) return new Map();
    throw new Error(`secret ${JSON.stringify(name)} not found`);
  }
  return pick(contentOfSecret(secret), source.items, defaultMode, source.optional ?? false, "secret");
}

function contentOfConfigMap(configMap: ConfigMap): Map<string, Buffer> {
  const content = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(configMap.data ?? {})) content.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(configMap.binaryData ?? {})) content.set(key, Buffer.from(value, "base64"));
  return content;
}

function contentOfSecret(secret: Secret): Map<string, Buffer> {
  return new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]));
}

function pick(
  content: Map<string, Buffer>,
  items: readonly KeyToPath[] | undefined,
  defaultMode: number,
  optional: boolean,
  kind: "configmap" | "secret",
): Files {
  const files: Files = new Map();
  if (!items?.length) {
    for (const [key, bytes] of content) files.set(key, { content: bytes, mode: defaultMode });
    return files;
  }
  for (const { key, path, mode } of items) {
    const bytes = content.get(key);
    if (bytes) files.set(path, { content: bytes, mode: mode ?? defaultMode });
    else if (!optional) throw new Error(missingKey(kind, key));
  }
  return files;
}

function missingKey(kind: "configmap" | "secret", key: string): string {
  return kind === "configmap"
    ? `configmap references non-existent config key: ${key}`
    : `references non-existent secret key: ${key}`;
}

export function downwardApiFiles(
  { pod, host }: VolumeContext,
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number,
): Files {
  const files: Files = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    const value = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath)
      : resourceFieldRef
        ? resourceValue(pod, resourceFieldRef, host.allocatable())
        : "";
    files.set(path, { content: Buffer.from(value), mode: mode ?? defaultMode });
  }
  return files;
}
