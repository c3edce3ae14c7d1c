/** What a pod refers to, as "resource/namespace/name": what the node that runs it must be able to read. */
import type { Container, EnvFromSource, EnvVar, Pod, Volume } from "../../../machinery/types/core/v1.ts";

export function objectsOf(pod: Pod): Set<string> {
  const { namespace = "", name: podName = "" } = pod.metadata;
  const found = new Set<string>();
  const add = (resource: string, name: string | undefined): void => {
    if (name) found.add(`${resource}/${namespace}/${name}`);
  };
  const { spec } = pod;
  if (spec === undefined) return found;
  add("serviceaccounts", spec.serviceAccountName);
  for (const secret of spec.imagePullSecrets ?? []) add("secrets", secret.name);
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])] as Container[];
  for (const { env = [], envFrom = [] } of [...containers, ...((spec.ephemeralContainers ?? []) as Container[])]) {
    for (const variable of env) addVariable(variable, add);
    for (const source of envFrom) addSource(source, add);
  }
  for (const volume of spec.volumes ?? []) addVolume(volume, podName, add);
  for (const claim of spec.resourceClaims ?? []) add("resourceclaims", claim.resourceClaimName);
  for (const claim of pod.status?.resourceClaimStatuses ?? []) add("resourceclaims", claim.resourceClaimName);
  return found;
}

type Add = (resource: string, name: string | undefined) => void;

function addVariable({ valueFrom }: EnvVar, add: Add): void {
  add("secrets", valueFrom?.secretKeyRef?.name);
  add("configmaps", valueFrom?.configMapKeyRef?.name);
}

function addSource({ secretRef, configMapRef }: EnvFromSource, add: Add): void {
  add("secrets", secretRef?.name);
  add("configmaps", configMapRef?.name);
}

function addVolume(volume: Volume, podName: string, add: Add): void {
  add("secrets", volume.secret?.secretName);
  add("configmaps", volume.configMap?.name);
  add("persistentvolumeclaims", volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral !== undefined) add("persistentvolumeclaims", `${podName}-${volume.name}`);
  add("secrets", volume.azureFile?.secretName);
  add("secrets", volume.csi?.nodePublishSecretRef?.name);
  const withSecretRef = [
    volume.cephfs,
    volume.cinder,
    volume.flexVolume,
    volume.iscsi,
    volume.rbd,
    volume.scaleIO,
    volume.storageos,
  ];
  for (const source of withSecretRef) add("secrets", source?.secretRef?.name);
  for (const { secret, configMap } of volume.projected?.sources ?? []) {
    add("secrets", secret?.name);
    add("configmaps", configMap?.name);
  }
}
