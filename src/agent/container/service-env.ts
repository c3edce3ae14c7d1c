/**
 * The environment variables that announce services, as Docker links once did.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
import type { Service } from "../../machinery/types/core/v1.ts";

/**
 * Those of the pod's namespace where `links`, and always the API server's own (default/kubernetes). Of several services
 * the pod's namespace wins.
 */
export function serviceEnvironment(
  services: Iterable<Service>,
  namespace: string,
  links: boolean,
): ReadonlyMap<string, string> {
  const visible = new Map<string, Service>();
  for (const service of services) {
    const { clusterIP } = service.spec ?? {};
    const { name = "", namespace: home } = service.metadata;
    if (!clusterIP || clusterIP === "None") continue;
    if (links && home === namespace) visible.set(name, service);
    else if (home === "default" && name === "kubernetes" && !visible.has(name)) visible.set(name, service);
  }
  const result = new Map<string, string>();
  for (const service of visible.values()) addService(result, service);
  return result;
}

function addService(env: Map<string, string>, service: Service): void {
  const prefix = variableName(service.metadata.name ?? "");
  const ip = service.spec?.clusterIP ?? "";
  const ports = service.spec?.ports ?? [];
  const [first] = ports;
  if (!first) return;
  env.set(`${prefix}_SERVICE_HOST`, ip);
  env.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports)
    if (port.name) env.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  const host = ip.includes(":") ? `[${ip}]` : ip;
  for (const [index, port] of ports.entries()) {
    const protocol = port.protocol ?? "TCP";
    const url = `${protocol.toLowerCase()}://${host}:${port.port}`;
    const portPrefix = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
    if (index === 0) env.set(`${prefix}_PORT`, url);
    env.set(portPrefix, url);
    env.set(`${portPrefix}_PROTO`, protocol.toLowerCase());
    env.set(`${portPrefix}_PORT`, String(port.port));
    env.set(`${portPrefix}_ADDR`, ip);
  }
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
