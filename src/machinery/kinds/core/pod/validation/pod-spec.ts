import { isIP } from "node:net";
import { dns1123Label, dns1123Subdomain, qualifiedNameRule } from "../../../../meta/names.ts";
import { duplicate, fieldForbidden, invalidValue, notSupported, required } from "../../../../status/field-errors.ts";
import type { EphemeralContainer, PodSpec, Volume } from "../../../../types/core/v1.ts";
import {
  checkNotNegative,
  checkOneOf,
  checkRange,
  checkRule,
  type Errors,
  maxInt32,
} from "../../../validation/checks.ts";
import { checkIp } from "../../../validation/ip.ts";
import { checkLabels } from "../../../validation/labels.ts";
import { checkContainerResources, checkResourceList } from "../../../validation/resources.ts";
import { checkContainers, checkInitContainers, type PodContext } from "./container.ts";
import { checkEnvironment } from "./environment.ts";
import { checkAffinity, checkTolerations, checkTopologySpread } from "./scheduling.ts";
import { checkHostUsers, checkPodSecurityContext, checkSecurityContext } from "./security-context.ts";
import { checkVolumes } from "./volume.ts";
import { checkVolumeMounts } from "./volume-mounts.ts";

const restartPolicies = ["Always", "OnFailure", "Never"];
const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/** ValidatePodSpec: what pods and the templates of workloads have in common. */
export function checkPodSpec(errors: Errors, path: string, spec: PodSpec): void {
  const volumes = new Map<string, Volume>();
  const pod: PodContext = { volumes, names: new Set(), hostPorts: new Set(), hostUsers: spec.hostUsers !== false };
  if (spec.volumes) checkVolumes(errors, `${path}.volumes`, spec.volumes, volumes);
  checkContainers(errors, `${path}.containers`, spec.containers, pod);
  if (spec.initContainers) checkInitContainers(errors, `${path}.initContainers`, spec.initContainers, pod);
  if (spec.ephemeralContainers) {
    checkEphemeralContainers(errors, `${path}.ephemeralContainers`, spec.ephemeralContainers, pod);
  }
  checkOneOf(errors, `${path}.restartPolicy`, spec.restartPolicy, restartPolicies);
  checkOneOf(errors, `${path}.dnsPolicy`, spec.dnsPolicy, dnsPolicies);
  checkDnsConfig(errors, `${path}.dnsConfig`, spec);
  if (spec.nodeSelector) checkLabels(errors, `${path}.nodeSelector`, spec.nodeSelector);
  if (spec.securityContext) checkPodSecurityContext(errors, `${path}.securityContext`, spec.securityContext);
  if (spec.hostUsers === false) checkHostUsers(errors, path, spec);
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(
      invalidValue(
        `${path}.shareProcessNamespace`,
        spec.shareProcessNamespace,
        "ShareProcessNamespace and HostPID cannot both be enabled",
      ),
    );
  }
  if (spec.affinity) checkAffinity(errors, `${path}.affinity`, spec.affinity);
  for (const [i, gate] of (spec.readinessGates ?? []).entries()) {
    checkRule(errors, `${path}.readinessGates[${i}].conditionType`, gate.conditionType, qualifiedNameRule);
  }
  checkSchedulingGates(errors, `${path}.schedulingGates`, spec);
  if (spec.topologySpreadConstraints) {
    checkTopologySpread(errors, `${path}.topologySpreadConstraints`, spec.topologySpreadConstraints);
  }
  if (spec.serviceAccountName)
    checkRule(errors, `${path}.serviceAccountName`, spec.serviceAccountName, dns1123Subdomain);
  if (spec.nodeName) checkRule(errors, `${path}.nodeName`, spec.nodeName, dns1123Subdomain);
  checkRange(errors, `${path}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 1, maxInt32);
  checkNotNegative(errors, `${path}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds);
  if (spec.hostname) checkRule(errors, `${path}.hostname`, spec.hostname, dns1123Label);
  if (spec.subdomain) checkRule(errors, `${path}.subdomain`, spec.subdomain, dns1123Label);
  if (spec.tolerations) checkTolerations(errors, `${path}.tolerations`, spec.tolerations);
  if (spec.hostAliases) checkHostAliases(errors, `${path}.hostAliases`, spec);
  if (spec.priorityClassName) {
    checkRule(errors, `${path}.priorityClassName`, spec.priorityClassName, dns1123Subdomain);
  }
  if (spec.runtimeClassName) checkRule(errors, `${path}.runtimeClassName`, spec.runtimeClassName, dns1123Subdomain);
  if (spec.preemptionPolicy !== undefined) {
    checkOneOf(errors, `${path}.preemptionPolicy`, spec.preemptionPolicy, ["PreemptLowerPriority", "Never"]);
  }
  if (spec.overhead) checkResourceList(errors, `${path}.overhead`, spec.overhead);
  if (spec.resources) checkContainerResources(errors, `${path}.resources`, spec.resources);
  if (spec.os) checkOneOf(errors, `${path}.os.name`, spec.os.name, ["linux", "windows"]);
  for (const [i, secret] of (spec.imagePullSecrets ?? []).entries()) {
    if (secret.name === "") errors.push(required(`${path}.imagePullSecrets[${i}].name`));
  }
}

function checkDnsConfig(errors: Errors, path: string, spec: PodSpec): void {
  const { dnsConfig } = spec;
  if (spec.dnsPolicy === "None") {
    if (dnsConfig === undefined) {
      errors.push(required(path, "must provide `dnsConfig` when `dnsPolicy` is None"));
      return;
    }
    if (!dnsConfig.nameservers?.length) {
      errors.push(required(`${path}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None"));
    }
  }
  if (dnsConfig === undefined) return;
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  if (nameservers.length > 3) {
    errors.push(invalidValue(`${path}.nameservers`, nameservers, "must not have more than 3 nameservers"));
  }
  for (const [i, server] of nameservers.entries()) checkIp(errors, `${path}.nameservers[${i}]`, server);
  if (searches.length > 32) {
    errors.push(invalidValue(`${path}.searches`, searches, "must not have more than 32 search paths"));
  }
  for (const [i, search] of searches.entries()) {
    if (search !== ".") checkRule(errors, `${path}.searches[${i}]`, search.replace(/\.$/, ""), dns1123Subdomain);
  }
  for (const [i, option] of options.entries()) {
    if (!option.name) errors.push(required(`${path}.options[${i}]`, "must not be empty"));
  }
}

function checkSchedulingGates(errors: Errors, path: string, spec: PodSpec): void {
  const seen = new Set<string>();
  for (const [i, gate] of (spec.schedulingGates ?? []).entries()) {
    checkRule(errors, `${path}[${i}].name`, gate.name, qualifiedNameRule);
    if (seen.has(gate.name)) errors.push(duplicate(`${path}[${i}]`, gate.name));
    seen.add(gate.name);
  }
}

function checkHostAliases(errors: Errors, path: string, spec: PodSpec): void {
  for (const [i, alias] of (spec.hostAliases ?? []).entries()) {
    if (isIP(alias.ip) === 0) checkIp(errors, `${path}[${i}].ip`, alias.ip);
    for (const [j, name] of (alias.hostnames ?? []).entries()) {
      checkRule(errors, `${path}[${i}].hostnames[${j}]`, name, dns1123Subdomain);
    }
  }
}

/** What makes no sense in a container that is added to a pod for debugging. */
const notEphemeral = ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] as const;

function checkEphemeralContainers(
  errors: Errors,
  path: string,
  containers: readonly EphemeralContainer[],
  pod: PodContext,
): void {
  const others = new Set(pod.names);
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    if (!container.name) errors.push(required(`${at}.name`));
    else {
      checkRule(errors, `${at}.name`, container.name, dns1123Label);
      if (pod.names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
      pod.names.add(container.name);
    }
    if (!container.image) errors.push(required(`${at}.image`));
    if (container.targetContainerName && !others.has(container.targetContainerName)) {
      errors.push({
        type: "FieldValueNotFound",
        field: `${at}.targetContainerName`,
        message: `Not found: "${container.targetContainerName}"`,
      });
    }
    for (const field of notEphemeral) {
      if (container[field] !== undefined) {
        errors.push(fieldForbidden(`${at}.${field}`, "cannot be set for an Ephemeral Container"));
      }
    }
    if (container.resources?.limits || container.resources?.requests) {
      errors.push(fieldForbidden(`${at}.resources`, "cannot be set for an Ephemeral Container"));
    }
    checkEnvironment(errors, at, container);
    if (container.volumeMounts) {
      checkVolumeMounts(errors, `${at}.volumeMounts`, container.volumeMounts, pod.volumes, container);
      for (const [j, mount] of container.volumeMounts.entries()) {
        if (mount.subPath)
          errors.push(fieldForbidden(`${at}.volumeMounts[${j}].subPath`, "cannot be set for an Ephemeral Container"));
      }
    }
    if (container.securityContext) {
      checkSecurityContext(errors, `${at}.securityContext`, container.securityContext, pod.hostUsers);
    }
    if (container.restartPolicy !== undefined && !["Always", "Never", "OnFailure"].includes(container.restartPolicy)) {
      errors.push(notSupported(`${at}.restartPolicy`, container.restartPolicy, ["Always", "Never", "OnFailure"]));
    }
  }
}
