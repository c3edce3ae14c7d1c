import type { Service, ServiceSpec } from "../../../types/core/v1.ts";
import { strategyFor } from "../../strategy-for.ts";
import { isExternallyAccessible, needsHealthCheckPort, takesNodePorts } from "./ports-taken.ts";
import { validateService, validateServiceUpdate } from "./validation.ts";

export const serviceStrategy = strategyFor<Service>({
  nameRule: "dns1035-label",
  allowCreateOnUpdate: true,
  hasGeneration: false,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  defaultObject(service) {
    if (service.spec) defaultServiceSpec(service.spec);
    service.status ??= {};
    service.status.loadBalancer ??= {};
    if (service.spec?.type === "LoadBalancer") {
      for (const ingress of service.status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
    }
  },
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
    dropWhatTypeForbids(service.spec);
  },
  prepareForUpdate(service, old) {
    keepAllocations(service.spec, old.spec);
    dropWhatTypeForbids(service.spec, old.spec);
  },
});

/** SetDefaults_Service; clusterIP and node ports are allocated later, by the API server. */
function defaultServiceSpec(spec: ServiceSpec): void {
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

/** What a client that replaces a Service leaves out keeps the value that was allocated. */
function keepAllocations(spec: ServiceSpec | undefined, old: ServiceSpec | undefined): void {
  if (spec === undefined || old === undefined || spec.type === "ExternalName" || old.type === "ExternalName") return;
  if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
  if (!spec.clusterIPs?.length && old.clusterIPs && spec.clusterIP === old.clusterIP)
    spec.clusterIPs = [...old.clusterIPs];
  if (spec.ipFamilies === undefined && old.ipFamilies) spec.ipFamilies = [...old.ipFamilies];
  spec.ipFamilyPolicy ??= old.ipFamilyPolicy ?? "SingleStack";
  if (takesNodePorts(spec) && takesNodePorts(old)) {
    const kept = new Map((old.ports ?? []).map((port) => [`${port.protocol}/${port.port}`, port.nodePort]));
    const used = new Set((spec.ports ?? []).map((port) => `${port.protocol}/${port.nodePort ?? 0}`));
    for (const port of spec.ports ?? []) {
      const nodePort = kept.get(`${port.protocol}/${port.port}`);
      if (!port.nodePort && nodePort && !used.has(`${port.protocol}/${nodePort}`)) port.nodePort = nodePort;
    }
  }
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(old) && old.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.healthCheckNodePort;
  }
}

/** A change of type lets go of what the new type has no use for, where the client did not set it itself. */
function dropWhatTypeForbids(spec: ServiceSpec | undefined, old?: ServiceSpec): void {
  if (spec === undefined) return;
  if (old !== undefined && old.type !== spec.type) {
    if (spec.type === "ExternalName" && spec.clusterIP === old.clusterIP) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
      delete spec.ipFamilies;
      delete spec.ipFamilyPolicy;
    }
    if (takesNodePorts(old) && !takesNodePorts(spec)) {
      const before = new Set((old.ports ?? []).map((port) => port.nodePort));
      for (const port of spec.ports ?? []) if (before.has(port.nodePort)) delete port.nodePort;
    }
  }
  if (
    old &&
    needsHealthCheckPort(old) &&
    !needsHealthCheckPort(spec) &&
    spec.healthCheckNodePort === old.healthCheckNodePort
  ) {
    delete spec.healthCheckNodePort;
  }
  if (spec.type !== "LoadBalancer") {
    if (old?.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (old?.type === "LoadBalancer" && spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (
    !isExternallyAccessible(spec) &&
    old &&
    isExternallyAccessible(old) &&
    spec.externalTrafficPolicy === old.externalTrafficPolicy
  ) {
    delete spec.externalTrafficPolicy;
  }
}

function serviceWarnings(service: Service): string[] {
  const warnings: string[] = [];
  if (service.metadata.annotations?.["service.alpha.kubernetes.io/tolerate-unready-endpoints"] !== undefined) {
    warnings.push(
      "metadata.annotations[service.alpha.kubernetes.io/tolerate-unready-endpoints]: deprecated since v1.11; use spec.publishNotReadyAddresses instead",
    );
  }
  if (service.spec?.type === "ExternalName" && service.spec.clusterIP === "None") return warnings;
  if (service.spec?.clusterIP === "None" && service.spec.sessionAffinity !== "None") {
    warnings.push("spec.SessionAffinity is ignored for headless services");
  }
  return warnings;
}
