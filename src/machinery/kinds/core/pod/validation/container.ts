import { dns1123Label, portName } from "../../../../meta/names.ts";
import { duplicate, fieldForbidden, invalidValue, notSupported, required } from "../../../../status/field-errors.ts";
import type { Container, ContainerPort, Lifecycle } from "../../../../types/core/v1.ts";
import { checkOneOf, checkPort, checkRule, type Errors } from "../../../validation/checks.ts";
import { checkContainerResources } from "../../../validation/resources.ts";
import { isSidecar } from "../phase.ts";
import { checkEnvironment } from "./environment.ts";
import { checkHandler, checkProbe } from "./probe.ts";
import { checkSecurityContext } from "./security-context.ts";
import { checkVolumeDevices, checkVolumeMounts, type VolumeIndex } from "./volume-mounts.ts";

const pullPolicies = ["Always", "IfNotPresent", "Never"];
const messagePolicies = ["FallbackToLogsOnError", "File"];
const protocols = ["SCTP", "TCP", "UDP"];
const restartPolicies = ["Always", "Never", "OnFailure"];

/** What all containers of a pod share while it is checked. */
export interface PodContext {
  readonly volumes: VolumeIndex;
  readonly names: Set<string>;
  readonly hostPorts: Set<string>;
  readonly hostUsers: boolean;
}

export function checkContainers(
  errors: Errors,
  path: string,
  containers: readonly Container[] | undefined,
  pod: PodContext,
): void {
  if (!containers?.length) {
    errors.push(required(path));
    return;
  }
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    checkContainer(errors, at, container, pod);
    if (container.lifecycle) checkLifecycle(errors, `${at}.lifecycle`, container.lifecycle);
    checkProbes(errors, at, container);
    if (container.restartPolicy !== undefined && !restartPolicies.includes(container.restartPolicy)) {
      errors.push(notSupported(`${at}.restartPolicy`, container.restartPolicy, restartPolicies));
    }
  }
}

export function checkInitContainers(
  errors: Errors,
  path: string,
  containers: readonly Container[] | undefined,
  pod: PodContext,
): void {
  for (const [index, container] of (containers ?? []).entries()) {
    const at = `${path}[${index}]`;
    // Init containers run one after the other: what one takes of the host, the next may take again.
    checkContainer(errors, at, container, isSidecar(container) ? pod : { ...pod, hostPorts: new Set() });
    if (container.restartPolicy !== undefined && !restartPolicies.includes(container.restartPolicy)) {
      errors.push(notSupported(`${at}.restartPolicy`, container.restartPolicy, restartPolicies));
    }
    if (isSidecar(container)) {
      if (container.lifecycle) checkLifecycle(errors, `${at}.lifecycle`, container.lifecycle);
      checkProbes(errors, at, container);
      continue;
    }
    for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
      if (container[field] !== undefined) {
        errors.push(
          fieldForbidden(`${at}.${field}`, "may not be set for init containers without restartPolicy=Always"),
        );
      }
    }
  }
}

function checkContainer(errors: Errors, at: string, container: Container, pod: PodContext): void {
  checkName(errors, `${at}.name`, container.name, pod.names);
  if (!container.image) errors.push(required(`${at}.image`));
  else if (container.image.trim() !== container.image) {
    errors.push(invalidValue(`${at}.image`, container.image, "must not have leading or trailing whitespace"));
  }
  checkOneOf(errors, `${at}.terminationMessagePolicy`, container.terminationMessagePolicy, messagePolicies);
  if (container.ports) checkPorts(errors, `${at}.ports`, container.ports, pod.hostPorts);
  checkEnvironment(errors, at, container);
  if (container.volumeMounts) {
    checkVolumeMounts(errors, `${at}.volumeMounts`, container.volumeMounts, pod.volumes, container);
  }
  if (container.volumeDevices) checkVolumeDevices(errors, `${at}.volumeDevices`, container, pod.volumes);
  checkOneOf(errors, `${at}.imagePullPolicy`, container.imagePullPolicy, pullPolicies);
  checkContainerResources(errors, `${at}.resources`, container.resources);
  if (container.securityContext) {
    checkSecurityContext(errors, `${at}.securityContext`, container.securityContext, pod.hostUsers);
  }
}

function checkName(errors: Errors, path: string, name: string | undefined, taken: Set<string>): void {
  if (!name) {
    errors.push(required(path));
    return;
  }
  checkRule(errors, path, name, dns1123Label);
  if (taken.has(name)) errors.push(duplicate(path, name));
  taken.add(name);
}

function checkPorts(errors: Errors, path: string, ports: readonly ContainerPort[], hostPorts: Set<string>): void {
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `${path}[${index}]`;
    if (port.name) {
      const reasons = portName(port.name);
      for (const reason of reasons) errors.push(invalidValue(`${at}.name`, port.name, reason));
      if (reasons.length === 0 && names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`));
    else checkPort(errors, `${at}.containerPort`, port.containerPort);
    if (port.hostPort) {
      checkPort(errors, `${at}.hostPort`, port.hostPort);
      const taken = `${port.protocol ?? ""}/${port.hostIP ?? ""}/${port.hostPort}`;
      if (hostPorts.has(taken)) errors.push(duplicate(`${at}.hostPort`, taken));
      hostPorts.add(taken);
    }
    checkOneOf(errors, `${at}.protocol`, port.protocol, protocols);
  }
}

function checkLifecycle(errors: Errors, path: string, lifecycle: Lifecycle): void {
  if (lifecycle.postStart) checkHandler(errors, `${path}.postStart`, lifecycle.postStart);
  if (lifecycle.preStop) checkHandler(errors, `${path}.preStop`, lifecycle.preStop);
}

function checkProbes(errors: Errors, at: string, container: Container): void {
  if (container.livenessProbe) checkProbe(errors, `${at}.livenessProbe`, container.livenessProbe, true);
  if (container.readinessProbe) checkProbe(errors, `${at}.readinessProbe`, container.readinessProbe, false);
  if (container.startupProbe) checkProbe(errors, `${at}.startupProbe`, container.startupProbe, true);
  if (container.readinessProbe?.terminationGracePeriodSeconds !== undefined) {
    errors.push(
      invalidValue(
        `${at}.readinessProbe.terminationGracePeriodSeconds`,
        container.readinessProbe.terminationGracePeriodSeconds,
        "must not be set for readinessProbes",
      ),
    );
  }
}
