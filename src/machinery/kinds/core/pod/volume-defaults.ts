import type {
  DownwardAPIVolumeFile,
  PersistentVolumeClaimSpec,
  ProjectedVolumeSource,
  Volume,
} from "../../../types/core/v1.ts";
import { defaultPullPolicy } from "./image-name.ts";

/** 0644: how files of config maps, secrets and the like are made. */
const readableByAll = 0o644;

/** SetDefaults_Volume and all below it. A volume that names no source is an empty directory. */
export function defaultVolume(volume: Volume): void {
  if (volume.secret) volume.secret.defaultMode ??= readableByAll;
  else if (volume.configMap) volume.configMap.defaultMode ??= readableByAll;
  else if (volume.projected) defaultProjected(volume.projected);
  else if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= readableByAll;
    defaultDownwardFiles(volume.downwardAPI.items);
  } else if (volume.hostPath) volume.hostPath.type ??= "";
  else if (volume.ephemeral?.volumeClaimTemplate) defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec);
  else if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  else if (volume.emptyDir || volume.persistentVolumeClaim || volume.csi || volume.nfs) return;
  else defaultRareVolume(volume);
}

function defaultProjected(projected: ProjectedVolumeSource): void {
  projected.defaultMode ??= readableByAll;
  for (const source of projected.sources ?? []) {
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
    if (source.downwardAPI) defaultDownwardFiles(source.downwardAPI.items);
    if (source.podCertificate) source.podCertificate.maxExpirationSeconds ??= 86400;
  }
}

function defaultDownwardFiles(files: readonly DownwardAPIVolumeFile[] | undefined): void {
  for (const file of files ?? []) {
    if (file.fieldRef) file.fieldRef.apiVersion ||= "v1";
    if (file.resourceFieldRef) file.resourceFieldRef.divisor ??= "0";
  }
}

/** SetDefaults_PersistentVolumeClaimSpec, which templates of claims share. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec | undefined): void {
  if (spec === undefined) return;
  spec.volumeMode ??= "Filesystem";
  spec.resources ??= {};
}

function defaultRareVolume(volume: Volume): void {
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= "default";
  else if (volume.rbd) {
    volume.rbd.pool ||= "rbd";
    volume.rbd.user ||= "admin";
    volume.rbd.keyring ||= "/etc/ceph/keyring";
  } else if (volume.azureDisk) {
    volume.azureDisk.cachingMode ??= "ReadWrite";
    volume.azureDisk.kind ??= "Shared";
    volume.azureDisk.fsType ??= "ext4";
    volume.azureDisk.readOnly ??= false;
  } else if (volume.scaleIO) {
    volume.scaleIO.storageMode ||= "ThinProvisioned";
    volume.scaleIO.fsType ||= "xfs";
  } else if (!namesSource(volume)) volume.emptyDir = {};
}

function namesSource(volume: Volume): boolean {
  for (const field in volume) if (field !== "name") return true;
  return false;
}
