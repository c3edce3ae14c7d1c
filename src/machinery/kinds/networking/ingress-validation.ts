import { isIP } from "node:net";
import { dns1035Label, dns1123Subdomain, wildcardDns1123Subdomain } from "../../meta/names.ts";
import { invalidValue, required } from "../../status/field-errors.ts";
import type { HTTPIngressPath, Ingress, IngressBackend } from "../../types/networking/v1.ts";
import type { FieldError } from "../types.ts";
import { checkOneOf, checkPort, checkPortNumberOrName, checkRule, type Errors } from "../validation/checks.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];

export function validateIngress({ spec }: Ingress): FieldError[] {
  const errors: Errors = [];
  if (!spec?.rules?.length && spec?.defaultBackend === undefined) {
    errors.push(invalidValue("spec", spec?.rules ?? [], "either `defaultBackend` or `rules` must be specified"));
  }
  if (spec?.defaultBackend) checkBackend(errors, "spec.defaultBackend", spec.defaultBackend);
  for (const [i, rule] of (spec?.rules ?? []).entries()) {
    const at = `spec.rules[${i}]`;
    if (rule.host) checkHost(errors, `${at}.host`, rule.host);
    if (rule.http) {
      if (!rule.http.paths?.length) errors.push(required(`${at}.http.paths`));
      for (const [j, path] of (rule.http.paths ?? []).entries()) {
        checkPath(errors, `${at}.http.paths[${j}]`, path);
      }
    }
  }
  for (const [i, tls] of (spec?.tls ?? []).entries()) {
    for (const [j, host] of (tls.hosts ?? []).entries()) {
      const rule = host.includes("*") ? wildcardDns1123Subdomain : dns1123Subdomain;
      checkRule(errors, `spec.tls[${i}].hosts[${j}]`, host, rule);
    }
    if (tls.secretName) checkRule(errors, `spec.tls[${i}].secretName`, tls.secretName, dns1123Subdomain);
  }
  if (spec?.ingressClassName !== undefined) {
    checkRule(errors, "spec.ingressClassName", spec.ingressClassName, dns1123Subdomain);
  }
  return errors;
}

function checkHost(errors: Errors, path: string, host: string): void {
  if (isIP(host) !== 0) errors.push(invalidValue(path, host, "must be a DNS name, not an IP address"));
  checkRule(errors, path, host, host.includes("*") ? wildcardDns1123Subdomain : dns1123Subdomain);
}

/** Sequences that a path may not have, plain or escaped. */
const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badEndings = ["/..", "/."];

function checkPath(errors: Errors, at: string, path: HTTPIngressPath): void {
  const value = path.path ?? "";
  if (path.pathType === undefined) errors.push(required(`${at}.pathType`, "pathType must be specified"));
  else checkOneOf(errors, `${at}.pathType`, path.pathType, pathTypes);
  if (path.pathType === "Exact" || path.pathType === "Prefix") {
    if (!value.startsWith("/")) errors.push(invalidValue(`${at}.path`, value, "must be an absolute path"));
    for (const bad of badSequences) {
      if (value.includes(bad)) errors.push(invalidValue(`${at}.path`, value, `must not contain '${bad}'`));
    }
    for (const bad of badEndings) {
      if (value.endsWith(bad)) errors.push(invalidValue(`${at}.path`, value, `cannot end with '${bad}'`));
    }
  } else if (value !== "" && !value.startsWith("/")) {
    errors.push(invalidValue(`${at}.path`, value, "must be an absolute path"));
  }
  checkBackend(errors, `${at}.backend`, path.backend);
}

function checkBackend(errors: Errors, path: string, backend: IngressBackend | undefined): void {
  const service = backend?.service;
  if (backend?.resource && service) {
    errors.push(invalidValue(path, "", "cannot set both resource and service backends"));
  } else if (backend?.resource === undefined && service === undefined) {
    errors.push(required(path, "resource or service backend is required"));
  } else if (service) {
    if (!service.name) errors.push(required(`${path}.service.name`));
    else checkRule(errors, `${path}.service.name`, service.name, dns1035Label);
    const { name, number } = service.port ?? {};
    if (name && number) errors.push(invalidValue(path, "", "cannot set both port name & port number"));
    else if (name) checkPortNumberOrName(errors, `${path}.service.port.name`, name);
    else if (number) checkPort(errors, `${path}.service.port.number`, number);
    else errors.push(required(path, "port name or number is required"));
  }
}

export function ingressWarnings(ingress: Ingress): string[] {
  return ingress.metadata.annotations?.["kubernetes.io/ingress.class"] === undefined
    ? []
    : ["annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"];
}
