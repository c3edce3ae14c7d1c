import {
  fieldForbidden,
  invalidValue,
  notSupported,
  required,
  valueNotFound,
} from "../../../../status/field-errors.ts";
import type { Container, Volume, VolumeMount } from "../../../../types/core/v1.ts";
import type { Errors } from "../../../validation/checks.ts";

/** The volumes of a pod by name. */
export type VolumeIndex = ReadonlyMap<string, Volume>;

const propagations = ["Bidirectional", "HostToContainer", "None"];
const recursive = ["Disabled", "Enabled", "IfPossible"];

export function checkVolumeMounts(
  errors: Errors,
  path: string,
  mounts: readonly VolumeMount[],
  volumes: VolumeIndex,
  container: Pick<Container, "volumeDevices" | "securityContext">,
): void {
  const paths = new Set<string>();
  const devices = new Set(container.volumeDevices?.map((device) => device.name));
  const devicePaths = new Set(container.volumeDevices?.map((device) => device.devicePath));
  for (const [index, mount] of mounts.entries()) {
    const at = `${path}[${index}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push(valueNotFound(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    if (paths.has(mount.mountPath)) errors.push(invalidValue(`${at}.mountPath`, mount.mountPath, "must be unique"));
    paths.add(mount.mountPath);
    if (devices.has(mount.name)) {
      errors.push(invalidValue(`${at}.name`, mount.name, "must not already exist in volumeDevices"));
    }
    if (devicePaths.has(mount.mountPath)) {
      errors.push(
        invalidValue(`${at}.mountPath`, mount.mountPath, "must not already exist as a path in volumeDevices"),
      );
    }
    if (mount.subPath) checkDescendingPath(errors, `${at}.subPath`, mount.subPath);
    if (mount.subPathExpr) {
      if (mount.subPath) {
        errors.push(
          invalidValue(`${at}.subPathExpr`, mount.subPathExpr, "subPathExpr and subPath are mutually exclusive"),
        );
      }
      checkDescendingPath(errors, `${at}.subPathExpr`, mount.subPathExpr);
    }
    if (mount.mountPropagation !== undefined) {
      if (!propagations.includes(mount.mountPropagation)) {
        errors.push(notSupported(`${at}.mountPropagation`, mount.mountPropagation, propagations));
      } else if (mount.mountPropagation === "Bidirectional" && !container.securityContext?.privileged) {
        errors.push(
          fieldForbidden(
            `${at}.mountPropagation`,
            "Bidirectional mount propagation is available only to privileged containers",
          ),
        );
      }
    }
    if (mount.recursiveReadOnly !== undefined) {
      if (!recursive.includes(mount.recursiveReadOnly)) {
        errors.push(notSupported(`${at}.recursiveReadOnly`, mount.recursiveReadOnly, recursive));
      } else if (mount.recursiveReadOnly !== "Disabled" && !mount.readOnly) {
        errors.push(fieldForbidden(`${at}.recursiveReadOnly`, "may only be specified when readOnly is true"));
      }
    }
  }
}

export function checkVolumeDevices(errors: Errors, path: string, container: Container, volumes: VolumeIndex): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [index, device] of (container.volumeDevices ?? []).entries()) {
    const at = `${path}[${index}]`;
    const volume = volumes.get(device.name);
    if (!device.name) errors.push(required(`${at}.name`));
    else if (names.has(device.name)) errors.push(invalidValue(`${at}.name`, device.name, "must be unique"));
    else if (volume === undefined) errors.push(valueNotFound(`${at}.name`, device.name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(
        invalidValue(
          `${at}.name`,
          device.name,
          "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
        ),
      );
    }
    if (!device.devicePath) errors.push(required(`${at}.devicePath`));
    else {
      if (paths.has(device.devicePath))
        errors.push(invalidValue(`${at}.devicePath`, device.devicePath, "must be unique"));
      if (device.devicePath.split("/").includes("..")) {
        errors.push(invalidValue(`${at}.devicePath`, device.devicePath, "can not contain backsteps ('..')"));
      }
    }
    names.add(device.name);
    paths.add(device.devicePath);
  }
}

/** A path that stays below where it starts. */
export function checkDescendingPath(errors: Errors, path: string, value: string): void {
  if (value.startsWith("/")) errors.push(invalidValue(path, value, "must be a relative path"));
  checkNoBacksteps(errors, path, value);
}

export function checkNoBacksteps(errors: Errors, path: string, value: string): void {
  if (value.split("/").includes("..")) errors.push(invalidValue(path, value, "must not contain '..'"));
}
