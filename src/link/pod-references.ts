import type { Container, EphemeralContainer, Pod, Volume } from "../machinery/types/core/v1.ts";

/** A ConfigMap or Secret that a pod needs to run: "configmaps/default/settings". It need not exist. */
export type Reference = `${"configmaps" | "secrets"}/${string}/${string}`;

/** Everything the pod's containers and volumes name, each once, in no particular order. */
export function referencesOf(pod: Pod): ReadonlySet<Reference> {
  const namespace = pod.metadata.namespace ?? "";
  const found = new Set<Reference>();
  const add = (kind: "configmaps" | "secrets", name: string | undefined): void => {
    if (name) found.add(`${kind}/${namespace}/${name}`);
  };
  const { spec } = pod;
  if (!spec) return found;
  for (const { name } of spec.imagePullSecrets ?? []) add("secrets", name);
  for (const volume of spec.volumes ?? []) addVolume(volume, add);
  const containers: (Container | EphemeralContainer)[] = [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...(spec.ephemeralContainers ?? []),
  ];
  for (const { env = [], envFrom = [] } of containers) {
    for (const { valueFrom } of env) {
      add("configmaps", valueFrom?.configMapKeyRef?.name);
      add("secrets", valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      add("configmaps", configMapRef?.name);
      add("secrets", secretRef?.name);
    }
  }
  return found;
}

function addVolume(volume: Volume, add: (kind: "configmaps" | "secrets", name: string | undefined) => void): void {
  add("configmaps", volume.configMap?.name);
  add("secrets", volume.secret?.secretName);
  add("secrets", volume.csi?.nodePublishSecretRef?.name);
  for (const source of volume.projected?.sources ?? []) {
    add("configmaps", source.configMap?.name);
    add("secrets", source.secret?.name);
  }
}
