/** The environment of a container: services, envFrom, env, each able to refer to what came before. */
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from "../../machinery/types/core/v1.ts";
import { fieldValue, resourceValue } from "../volumes/downward-api.ts";
import type { ObjectSource } from "../volumes/types.ts";
import { ContainerConfigError } from "./config-error.ts";
import { expand } from "./expansion.ts";
import { serviceEnvironment } from "./service-env.ts";

export interface EnvironmentSource extends ObjectSource {
  services(): Iterable<Service>;
  /** The node's allocatable, the limit of containers that have none. */
  allocatable(): Readonly<Record<string, string>>;
}

/**
 * `pod` with status.podIP(s) and hostIP(s) as they are known now. Throws ContainerConfigError with the kubelet's message
 * (`configmap "x" not found`, `couldn't find key k in Secret ns/x`).
 */
export function containerEnvironment(
  pod: Pod,
  container: Container,
  source: EnvironmentSource,
): ReadonlyMap<string, string> {
  const namespace = pod.metadata.namespace ?? "";
  const services = serviceEnvironment(source.services(), namespace, pod.spec?.enableServiceLinks ?? true);
  const result = new Map<string, string>();

  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? configMapData(source, namespace, configMapRef.name, configMapRef.optional)
      : secretRef
        ? secretData(source, namespace, secretRef.name, secretRef.optional)
        : {};
    for (const [key, value] of Object.entries(data)) result.set(prefix + key, value);
  }

  for (const variable of container.env ?? []) {
    if (variable.valueFrom) {
      const value = fromSource(pod, container, variable, source);
      if (value !== undefined) result.set(variable.name, value);
    } else {
      // What was defined before wins over the services' variables of the same name.
      result.set(variable.name, expand(variable.value ?? "", new Map([...services, ...result])));
    }
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return result;
}

/** Undefined: an optional reference to what is not there; the variable is left out. */
function fromSource(pod: Pod, container: Container, { valueFrom }: EnvVar, source: EnvironmentSource) {
  const namespace = pod.metadata.namespace ?? "";
  if (valueFrom?.fieldRef) {
    return attempt(() => fieldValue(pod, valueFrom.fieldRef?.fieldPath ?? ""));
  }
  if (valueFrom?.resourceFieldRef) {
    const selector = valueFrom.resourceFieldRef;
    const subject = selector.containerName ? undefined : container;
    return attempt(() => resourceValue(pod, selector, source.allocatable(), subject));
  }
  if (valueFrom?.configMapKeyRef) {
    const { name, key, optional } = valueFrom.configMapKeyRef;
    const value = configMapData(source, namespace, name, optional)[key];
    if (value !== undefined || optional) return value;
    throw new ContainerConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
  }
  if (valueFrom?.secretKeyRef) {
    const { name, key, optional } = valueFrom.secretKeyRef;
    const value = secretData(source, namespace, name, optional)[key];
    if (value !== undefined || optional) return value;
    throw new ContainerConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
  }
  return undefined;
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw new ContainerConfigError((error as Error).message, { cause: error });
  }
}

function configMapData(source: ObjectSource, namespace: string, name = "", optional = false): Record<string, string> {
  const found: ConfigMap | undefined = source.configMap(namespace, name);
  if (!found && !optional) throw new ContainerConfigError(`configmap "${name}" not found`);
  return found?.data ?? {};
}

function secretData(source: ObjectSource, namespace: string, name = "", optional = false): Record<string, string> {
  const found: Secret | undefined = source.secret(namespace, name);
  if (!found && !optional) throw new ContainerConfigError(`secret "${name}" not found`);
  return Object.fromEntries(
    Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}
