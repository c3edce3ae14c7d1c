import { isIPv4 } from "node:net";
import { dns1123Label, dns1123Subdomain, qualifiedNameRule } from "../../../meta/names.ts";
import {
  duplicate,
  fieldForbidden,
  immutable,
  invalidValue,
  notSupported,
  required,
} from "../../../status/field-errors.ts";
import type { Service, ServiceSpec } from "../../../types/core/v1.ts";
import type { FieldError } from "../../types.ts";
import {
  checkOneOf,
  checkPort,
  checkPortNumberOrName,
  checkRange,
  checkRule,
  type Errors,
} from "../../validation/checks.ts";
import { checkCidr, checkIp, checkNonSpecialIp } from "../../validation/ip.ts";
import { checkLabels } from "../../validation/labels.ts";
import { sameJson } from "../../validation/same-json.ts";
import { isExternallyAccessible, needsHealthCheckPort, takesNodePorts } from "./ports-taken.ts";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const protocols = ["SCTP", "TCP", "UDP"];
const oneDay = 86400;

export function validateService(service: Service): FieldError[] {
  const errors: Errors = [];
  const spec = service.spec ?? {};
  checkType(errors, spec);
  checkPorts(errors, spec);
  checkLabels(errors, "spec.selector", spec.selector);
  checkSessionAffinity(errors, spec);
  checkClusterIps(errors, spec);
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) checkNonSpecialIp(errors, `spec.externalIPs[${i}]`, ip);
  checkOneOf(errors, "spec.type", spec.type, types);
  checkLoadBalancer(errors, spec);
  checkTraffic(errors, spec);
  return errors;
}

function checkType(errors: Errors, spec: ServiceSpec): void {
  const headless = spec.clusterIP === "None";
  if (spec.ports?.length === undefined || spec.ports.length === 0) {
    if (!headless && spec.type !== "ExternalName") errors.push(required("spec.ports"));
  }
  switch (spec.type) {
    case "LoadBalancer":
    case "NodePort":
      if (headless) {
        errors.push(
          invalidValue(
            "spec.clusterIPs[0]",
            spec.clusterIPs?.[0] ?? "None",
            `may not be set to 'None' for ${spec.type} services`,
          ),
        );
      }
      break;
    case "ExternalName": {
      for (const field of ["clusterIPs", "ipFamilies"] as const) {
        if (spec[field]?.length)
          errors.push(fieldForbidden(`spec.${field}`, "may not be set for ExternalName services"));
      }
      if (spec.ipFamilyPolicy !== undefined) {
        errors.push(fieldForbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services"));
      }
      const name = (spec.externalName ?? "").replace(/\.$/, "");
      if (name === "") errors.push(required("spec.externalName"));
      else checkRule(errors, "spec.externalName", name, dns1123Subdomain);
      break;
    }
    default:
  }
}

function checkPorts(errors: Errors, spec: ServiceSpec): void {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  const pairs = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `spec.ports[${i}]`;
    if (!port.name) {
      if (ports.length > 1) errors.push(required(`${at}.name`));
    } else {
      checkRule(errors, `${at}.name`, port.name, dns1123Label);
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    checkPort(errors, `${at}.port`, port.port);
    checkOneOf(errors, `${at}.protocol`, port.protocol, protocols);
    checkPortNumberOrName(errors, `${at}.targetPort`, port.targetPort ?? port.port);
    if (port.appProtocol !== undefined) checkRule(errors, `${at}.appProtocol`, port.appProtocol, qualifiedNameRule);
    const pair = `${port.protocol}/${port.port}`;
    if (pairs.has(pair)) errors.push(duplicate(at, { protocol: port.protocol, port: port.port }));
    pairs.add(pair);
    if (!port.nodePort) continue;
    if (spec.type === "ClusterIP") {
      errors.push(fieldForbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    } else if (spec.type === "ExternalName") {
      errors.push(fieldForbidden(`${at}.nodePort`, "may not be used when `type` is 'ExternalName'"));
    } else {
      const taken = `${port.protocol}/${port.nodePort}`;
      if (nodePorts.has(taken)) errors.push(duplicate(`${at}.nodePort`, port.nodePort));
      nodePorts.add(taken);
    }
  }
}

function checkSessionAffinity(errors: Errors, spec: ServiceSpec): void {
  checkOneOf(errors, "spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"]);
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    const seconds = config?.clientIP?.timeoutSeconds;
    if (seconds !== undefined && (seconds <= 0 || seconds > oneDay)) {
      errors.push(
        invalidValue(
          "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
          seconds,
          `must be greater than 0 and less than ${oneDay}`,
        ),
      );
    }
  } else if (spec.sessionAffinity === "None" && config !== undefined) {
    errors.push(fieldForbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None"));
  }
}

function checkClusterIps(errors: Errors, spec: ServiceSpec): void {
  if (spec.type === "ExternalName") return;
  const ips = spec.clusterIPs ?? [];
  const families = spec.ipFamilies ?? [];
  if (spec.ipFamilyPolicy !== undefined) {
    checkOneOf(errors, "spec.ipFamilyPolicy", spec.ipFamilyPolicy, [
      "SingleStack",
      "PreferDualStack",
      "RequireDualStack",
    ]);
  }
  const seenFamilies = new Set<string>();
  for (const [i, family] of families.entries()) {
    const at = `spec.ipFamilies[${i}]`;
    if (family !== "IPv4" && family !== "IPv6") errors.push(notSupported(at, family, ["IPv4", "IPv6"]));
    else if (seenFamilies.has(family)) errors.push(duplicate(at, family));
    seenFamilies.add(family);
  }
  if (ips.length > 0 && (spec.clusterIP ?? "") !== ips[0]) {
    errors.push(invalidValue("spec.clusterIP", ips, "must match clusterIPs[0]"));
  }
  if (ips.length > 2) {
    errors.push(invalidValue("spec.clusterIPs", ips, "may only hold up to 2 values"));
    return;
  }
  for (const [i, ip] of ips.entries()) {
    if (ip === "None") {
      if (i > 0) errors.push(invalidValue(`spec.clusterIPs[${i}]`, ip, "'None' must be the first and only value"));
    } else if (ip !== "" && checkIp(errors, `spec.clusterIPs[${i}]`, ip)) {
      const family = isIPv4(ip) ? "IPv4" : "IPv6";
      const wanted = families[i];
      if (wanted !== undefined && wanted !== family) {
        errors.push(
          invalidValue(`spec.clusterIPs[${i}]`, ip, `expected an ${wanted} value as indicated by \`ipFamilies[${i}]\``),
        );
      }
    }
  }
}

function checkLoadBalancer(errors: Errors, spec: ServiceSpec): void {
  const balanced = spec.type === "LoadBalancer";
  for (const [i, cidr] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    if (!balanced) {
      errors.push(fieldForbidden("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'"));
      break;
    }
    checkCidr(errors, `spec.LoadBalancerSourceRanges[${i}]`, cidr.trim());
  }
  if (!balanced && spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.push(fieldForbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'"));
  }
  if (spec.loadBalancerClass !== undefined) {
    if (!balanced)
      errors.push(fieldForbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'"));
    else checkRule(errors, "spec.loadBalancerClass", spec.loadBalancerClass, qualifiedNameRule);
  }
}

function checkTraffic(errors: Errors, spec: ServiceSpec): void {
  const path = "spec.externalTrafficPolicy";
  if (!isExternallyAccessible(spec)) {
    if (spec.externalTrafficPolicy) {
      errors.push(invalidValue(path, spec.externalTrafficPolicy, "may only be set for externally-accessible services"));
    }
  } else checkOneOf(errors, path, spec.externalTrafficPolicy, ["Cluster", "Local"]);
  if (spec.healthCheckNodePort) {
    checkRange(errors, "spec.healthCheckNodePort", spec.healthCheckNodePort, 1, 65535);
    if (!needsHealthCheckPort(spec)) {
      errors.push(
        invalidValue(
          "spec.healthCheckNodePort",
          spec.healthCheckNodePort,
          "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        ),
      );
    }
  }
  const internal = spec.internalTrafficPolicy;
  if (internal === undefined) {
    if (takesNodePorts(spec) || spec.type === "ClusterIP") errors.push(required("spec.internalTrafficPolicy"));
  } else if (internal !== "Cluster" && internal !== "Local") {
    errors.push(notSupported("spec.internalTrafficPolicy", internal, ["Cluster", "Local"]));
  }
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors: Errors = [];
  const spec = service.spec ?? {};
  const before = old.spec ?? {};
  if (before.type === "ExternalName" || spec.type === "ExternalName") return errors;
  if (before.clusterIPs?.[0] && spec.clusterIPs?.[0] !== before.clusterIPs[0]) {
    errors.push(invalidValue("spec.clusterIPs[0]", spec.clusterIPs ?? null, "may not change once set"));
  }
  if (before.ipFamilies?.[0] && spec.ipFamilies?.[0] !== before.ipFamilies[0]) {
    errors.push(invalidValue("spec.ipFamilies[0]", spec.ipFamilies ?? null, "may not change once set"));
  }
  if (before.type === "LoadBalancer" && spec.type === "LoadBalancer") {
    if (!sameJson(spec.loadBalancerClass, before.loadBalancerClass)) {
      errors.push(invalidValue("spec.loadBalancerClass", spec.loadBalancerClass ?? null, "may not change once set"));
    }
  }
  if (needsHealthCheckPort(before) && needsHealthCheckPort(spec) && before.healthCheckNodePort) {
    if (spec.healthCheckNodePort !== before.healthCheckNodePort) {
      errors.push(immutable("spec.healthCheckNodePort", spec.healthCheckNodePort ?? 0));
    }
  }
  return errors;
}
