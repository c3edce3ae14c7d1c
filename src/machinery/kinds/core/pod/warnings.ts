/** Texts that kubectl prints as "Warning: …" when a pod or a template uses what is deprecated or does nothing. */
import { readQuantity } from "../../../quantity/read.ts";
import type { Container, Pod, PodSpec, PodTemplateSpec } from "../../../types/core/v1.ts";

const deprecatedLabels: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": `deprecated since v1.14; use "kubernetes.io/arch" instead`,
  "beta.kubernetes.io/os": `deprecated since v1.14; use "kubernetes.io/os" instead`,
  "failure-domain.beta.kubernetes.io/region": `deprecated since v1.17; use "topology.kubernetes.io/region" instead`,
  "failure-domain.beta.kubernetes.io/zone": `deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
  "beta.kubernetes.io/instance-type": `deprecated since v1.17; use "node.kubernetes.io/instance-type" instead`,
};

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod": `non-functional in v1.16+; use the "priorityClassName" field instead`,
  "seccomp.security.alpha.kubernetes.io/pod": `non-functional in v1.27+; use the "seccompProfile" field instead`,
};

export function podWarnings(pod: Pod): string[] {
  return pod.spec ? warningsOf("", pod.spec, pod.metadata.annotations) : [];
}

/** `path` of the template: "spec.template". */
export function podTemplateWarnings(path: string, template: PodTemplateSpec | undefined): string[] {
  return template?.spec ? warningsOf(`${path}.`, template.spec, template.metadata?.annotations) : [];
}

function warningsOf(
  prefix: string,
  spec: PodSpec,
  annotations: Readonly<Record<string, string>> | undefined,
): string[] {
  const warnings: string[] = [];
  for (const key in annotations) {
    const text = deprecatedAnnotations[key];
    if (text !== undefined) warnings.push(`${prefix}metadata.annotations[${key}]: ${text}`);
    if (key.startsWith("container.apparmor.security.beta.kubernetes.io/")) {
      warnings.push(
        `${prefix}metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
      );
    }
  }
  for (const key in spec.nodeSelector) {
    const text = deprecatedLabels[key];
    if (text !== undefined) warnings.push(`${prefix}spec.nodeSelector[${key}]: ${text}`);
  }
  for (const [i, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const text = deprecatedLabels[constraint.topologyKey];
    if (text !== undefined)
      warnings.push(`${prefix}spec.topologySpreadConstraints[${i}].topologyKey: ${constraint.topologyKey} is ${text}`);
  }
  for (const [i, secret] of (spec.imagePullSecrets ?? []).entries()) {
    if (!secret.name) warnings.push(`${prefix}spec.imagePullSecrets[${i}].name: invalid empty name ""`);
  }
  containerWarnings(warnings, `${prefix}spec.initContainers`, spec.initContainers);
  containerWarnings(warnings, `${prefix}spec.containers`, spec.containers);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warnings.push(
      `${prefix}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  }
  portWarnings(warnings, prefix, spec);
  return warnings;
}

function containerWarnings(warnings: string[], path: string, containers: readonly Container[] | undefined): void {
  for (const [i, container] of (containers ?? []).entries()) {
    for (const list of ["limits", "requests"] as const) {
      for (const name of ["memory", "ephemeral-storage"] as const) {
        const amount = container.resources?.[list]?.[name];
        if (amount !== undefined && readQuantity(amount).nanos % 1_000_000_000n !== 0n) {
          warnings.push(
            `${path}[${i}].resources.${list}[${name}]: fractional byte value "${amount}" is invalid, must be an integer`,
          );
        }
      }
    }
    const seen = new Map<string, number>();
    for (const [j, { name }] of (container.env ?? []).entries()) {
      const first = seen.get(name);
      if (first !== undefined) {
        warnings.push(
          `${path}[${i}].env[${j}]: hides previous definition of "${name}", which may be dropped when using apply`,
        );
      } else seen.set(name, j);
    }
  }
}

/** The same port and protocol twice: apply merges such lists by that pair and loses one. */
function portWarnings(warnings: string[], prefix: string, spec: PodSpec): void {
  for (const [i, container] of spec.containers.entries()) {
    const seen = new Map<string, number>();
    for (const [j, port] of (container.ports ?? []).entries()) {
      const key = `${port.containerPort}/${port.protocol ?? "TCP"}`;
      const first = seen.get(key);
      if (first !== undefined) {
        warnings.push(
          `${prefix}spec.containers[${i}].ports[${j}]: duplicate port definition with ${prefix}spec.containers[${i}].ports[${first}]`,
        );
      } else seen.set(key, j);
    }
  }
}
