import { configMapKeyRule, dns1123Label } from "../../../../meta/names.ts";
import { readQuantity } from "../../../../quantity/read.ts";
import { duplicate, fieldForbidden, invalidValue, notSupported, required } from "../../../../status/field-errors.ts";
import type { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume } from "../../../../types/core/v1.ts";
import { checkRule, type Errors } from "../../../validation/checks.ts";
import { projectedSources, volumeSources } from "../../volume-sources.ts";
import { checkFieldRef, checkResourceFieldRef } from "./environment.ts";
import { checkDescendingPath, checkNoBacksteps } from "./volume-mounts.ts";

/** Adds the volumes to `index`, for the mounts that are checked next. */
export function checkVolumes(
  errors: Errors,
  path: string,
  volumes: readonly Volume[] | undefined,
  index: Map<string, Volume>,
): void {
  for (const [i, volume] of (volumes ?? []).entries()) {
    const at = `${path}[${i}]`;
    if (!volume.name) errors.push(required(`${at}.name`));
    else {
      checkRule(errors, `${at}.name`, volume.name, dns1123Label);
      if (index.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
    }
    checkSource(errors, at, volume);
    index.set(volume.name, volume);
  }
}

function checkSource(errors: Errors, at: string, volume: Volume): void {
  let sources = 0;
  for (const field of volumeSources) {
    if (volume[field] === undefined) continue;
    sources++;
    if (sources > 1) errors.push(fieldForbidden(`${at}.${field}`, "may not specify more than 1 volume type"));
    else checkOne(errors, `${at}.${field}`, field, volume);
  }
  if (sources === 0) errors.push(required(at, "must specify a volume type"));
}

const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

function checkOne(errors: Errors, path: string, field: keyof Volume, volume: Volume): void {
  switch (field) {
    case "emptyDir": {
      const limit = volume.emptyDir?.sizeLimit;
      if (limit !== undefined && readQuantity(limit).nanos < 0n) {
        errors.push(fieldForbidden(`${path}.sizeLimit`, "SizeLimit field must be a valid resource quantity"));
      }
      break;
    }
    case "hostPath": {
      const { path: hostPath = "", type } = volume.hostPath ?? {};
      if (!hostPath) errors.push(required(`${path}.path`));
      else checkNoBacksteps(errors, `${path}.path`, hostPath);
      if (type !== undefined && !hostPathTypes.includes(type)) {
        errors.push(notSupported(`${path}.type`, type, hostPathTypes.slice(1)));
      }
      break;
    }
    case "secret":
      if (!volume.secret?.secretName) errors.push(required(`${path}.secretName`));
      checkMode(errors, `${path}.defaultMode`, volume.secret?.defaultMode);
      checkItems(errors, `${path}.items`, volume.secret?.items);
      break;
    case "configMap":
      if (!volume.configMap?.name) errors.push(required(`${path}.name`));
      checkMode(errors, `${path}.defaultMode`, volume.configMap?.defaultMode);
      checkItems(errors, `${path}.items`, volume.configMap?.items);
      break;
    case "persistentVolumeClaim":
      if (!volume.persistentVolumeClaim?.claimName) errors.push(required(`${path}.claimName`));
      break;
    case "downwardAPI":
      checkMode(errors, `${path}.defaultMode`, volume.downwardAPI?.defaultMode);
      for (const [i, file] of (volume.downwardAPI?.items ?? []).entries()) {
        checkDownwardFile(errors, `${path}.items[${i}]`, file);
      }
      break;
    case "projected":
      if (volume.projected) checkProjected(errors, path, volume.projected);
      break;
    case "nfs":
      if (!volume.nfs?.server) errors.push(required(`${path}.server`));
      if (!volume.nfs?.path) errors.push(required(`${path}.path`));
      else if (!volume.nfs.path.startsWith("/")) {
        errors.push(invalidValue(`${path}.path`, volume.nfs.path, "must be an absolute path"));
      }
      break;
    case "csi":
      if (!volume.csi?.driver) errors.push(required(`${path}.driver`));
      break;
    case "ephemeral":
      if (!volume.ephemeral?.volumeClaimTemplate) errors.push(required(`${path}.volumeClaimTemplate`));
      break;
    default:
  }
}

function checkMode(errors: Errors, path: string, mode: number | undefined): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) {
    errors.push(invalidValue(path, mode, "must be a number between 0 and 0777 (octal), both inclusive"));
  }
}

function checkItems(errors: Errors, path: string, items: readonly KeyToPath[] | undefined): void {
  for (const [i, item] of (items ?? []).entries()) {
    const at = `${path}[${i}]`;
    if (!item.key) errors.push(required(`${at}.key`));
    else checkRule(errors, `${at}.key`, item.key, configMapKeyRule);
    if (!item.path) errors.push(required(`${at}.path`));
    else checkFilePath(errors, `${at}.path`, item.path);
    checkMode(errors, `${at}.mode`, item.mode);
  }
}

function checkFilePath(errors: Errors, path: string, value: string): void {
  checkDescendingPath(errors, path, value);
  if (value.startsWith("..") && !value.startsWith("../")) {
    errors.push(invalidValue(path, value, "must not start with '..'"));
  }
}

const fileFields = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

function checkDownwardFile(errors: Errors, at: string, file: DownwardAPIVolumeFile): void {
  if (!file.path) errors.push(required(`${at}.path`));
  else checkFilePath(errors, `${at}.path`, file.path);
  if (file.fieldRef) {
    checkFieldRef(errors, `${at}.fieldRef`, file.fieldRef, fileFields);
    if (file.resourceFieldRef) {
      errors.push(invalidValue(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
    }
  } else if (file.resourceFieldRef) {
    checkResourceFieldRef(errors, `${at}.resourceFieldRef`, file.resourceFieldRef, true);
  } else errors.push(required(at, "one of fieldRef and resourceFieldRef is required"));
  checkMode(errors, `${at}.mode`, file.mode);
}

function checkProjected(errors: Errors, path: string, projected: ProjectedVolumeSource): void {
  checkMode(errors, `${path}.defaultMode`, projected.defaultMode);
  const taken = new Set<string>();
  const claim = (at: string, file: string | undefined) => {
    if (!file) return;
    if (taken.has(file)) errors.push(invalidValue(at, file, "conflicting duplicate paths"));
    taken.add(file);
  };
  for (const [i, source] of (projected.sources ?? []).entries()) {
    const at = `${path}.sources[${i}]`;
    const given = projectedSources.filter((field) => source[field] !== undefined);
    for (const field of given.slice(1)) {
      errors.push(fieldForbidden(`${at}.${field}`, "may not specify more than 1 volume type per source"));
    }
    if (given.length === 0) errors.push(required(at, "must specify at least one source"));
    for (const field of ["secret", "configMap"] as const) {
      const from = source[field];
      if (from === undefined) continue;
      if (!from.name) errors.push(required(`${at}.${field}.name`));
      checkItems(errors, `${at}.${field}.items`, from.items);
      for (const item of from.items ?? []) claim(`${at}.${field}`, item.path);
    }
    for (const [j, file] of (source.downwardAPI?.items ?? []).entries()) {
      checkDownwardFile(errors, `${at}.downwardAPI.items[${j}]`, file);
      claim(`${at}.downwardAPI`, file.path);
    }
    const token = source.serviceAccountToken;
    if (token) {
      const seconds = token.expirationSeconds ?? 3600;
      if (seconds < 600) {
        errors.push(
          invalidValue(
            `${at}.serviceAccountToken.expirationSeconds`,
            seconds,
            "may not specify a duration less than 10 minutes",
          ),
        );
      }
      if (seconds > 2 ** 32) {
        errors.push(
          invalidValue(
            `${at}.serviceAccountToken.expirationSeconds`,
            seconds,
            "may not specify a duration larger than 2^32 seconds",
          ),
        );
      }
      if (!token.path) errors.push(required(`${at}.serviceAccountToken.path`));
      else checkFilePath(errors, `${at}.serviceAccountToken.path`, token.path);
      claim(`${at}.serviceAccountToken`, token.path);
    }
  }
}
