import { configMapKeyRule, relaxedEnvVarName } from "../../../../meta/names.ts";
import { invalidValue, notSupported, required } from "../../../../status/field-errors.ts";
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from "../../../../types/core/v1.ts";
import { checkRule, type Errors } from "../../../validation/checks.ts";

const envFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const envResources = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];

interface WithEnvironment {
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly EnvFromSource[];
}

export function checkEnvironment(errors: Errors, at: string, container: WithEnvironment): void {
  for (const [index, variable] of (container.env ?? []).entries()) {
    const path = `${at}.env[${index}]`;
    if (!variable.name) errors.push(required(`${path}.name`));
    else checkRule(errors, `${path}.name`, variable.name, relaxedEnvVarName);
    if (variable.valueFrom) checkSource(errors, `${path}.valueFrom`, variable.valueFrom, variable.value);
  }
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    checkEnvFrom(errors, `${at}.envFrom[${index}]`, source);
  }
}

function checkSource(errors: Errors, path: string, from: EnvVarSource, value: string | undefined): void {
  let sources = 0;
  if (from.fieldRef) {
    sources++;
    checkFieldRef(errors, `${path}.fieldRef`, from.fieldRef, envFields);
  }
  if (from.resourceFieldRef) {
    sources++;
    checkResourceFieldRef(errors, `${path}.resourceFieldRef`, from.resourceFieldRef, false);
  }
  for (const field of ["configMapKeyRef", "secretKeyRef"] as const) {
    const reference = from[field];
    if (reference === undefined) continue;
    sources++;
    if (!reference.name) errors.push(required(`${path}.${field}.name`));
    if (!reference.key) errors.push(required(`${path}.${field}.key`));
    else checkRule(errors, `${path}.${field}.key`, reference.key, configMapKeyRule);
  }
  if (from.fileKeyRef) {
    sources++;
    for (const field of ["volumeName", "path", "key"] as const) {
      if (!from.fileKeyRef[field]) errors.push(required(`${path}.fileKeyRef.${field}`));
    }
  }
  if (sources === 0) {
    const fields = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    errors.push(invalidValue(path, "", `must specify one of: ${fields}`));
  } else if (value) errors.push(invalidValue(path, "", "may not be specified when `value` is not empty"));
  else if (sources > 1) errors.push(invalidValue(path, "", "may not have more than one field specified at a time"));
}

function checkEnvFrom(errors: Errors, path: string, source: EnvFromSource): void {
  if (source.prefix) checkRule(errors, `${path}.prefix`, source.prefix, relaxedEnvVarName);
  let sources = 0;
  for (const field of ["configMapRef", "secretRef"] as const) {
    if (source[field] === undefined) continue;
    sources++;
    if (!source[field].name) errors.push(required(`${path}.${field}.name`));
  }
  if (sources === 0) errors.push(invalidValue(path, "", "must specify one of: `configMapRef` or `secretRef`"));
  else if (sources > 1) errors.push(invalidValue(path, "", "may not have more than one field specified at a time"));
}

const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/;

export function checkFieldRef(
  errors: Errors,
  path: string,
  reference: ObjectFieldSelector,
  supported: readonly string[],
): void {
  if (!reference.apiVersion) errors.push(required(`${path}.apiVersion`));
  else if (!reference.fieldPath) errors.push(required(`${path}.fieldPath`));
  else if (!subscript.test(reference.fieldPath) && !supported.includes(reference.fieldPath)) {
    if (known.has(reference.fieldPath)) {
      errors.push(notSupported(`${path}.fieldPath`, reference.fieldPath, supported));
    } else {
      const reason = `error converting fieldPath: field label not supported: ${reference.fieldPath}`;
      errors.push(invalidValue(`${path}.fieldPath`, reference.fieldPath, reason));
    }
  }
}

/** Field labels that pods have at all: the others cannot even be converted. */
const known = new Set([
  ...envFields,
  "metadata.labels",
  "metadata.annotations",
  "spec.restartPolicy",
  "spec.schedulerName",
  "spec.hostNetwork",
  "status.phase",
  "status.nominatedNodeName",
]);

/** In a volume the container must be named; in an environment it is the container itself. */
export function checkResourceFieldRef(
  errors: Errors,
  path: string,
  reference: ResourceFieldSelector,
  inVolume: boolean,
): void {
  if (inVolume && !reference.containerName) errors.push(required(`${path}.containerName`));
  else if (!reference.resource) errors.push(required(`${path}.resource`));
  else if (!envResources.includes(reference.resource) && !/^(requests|limits)\.hugepages-/.test(reference.resource)) {
    errors.push(notSupported(`${path}.resource`, reference.resource, envResources));
  }
}
