/** k8s.io/kubernetes/pkg/apis/certificates/validation, of v1. */
import { X509Certificate } from "node:crypto";
import { dns1123Subdomain } from "../../meta/names.ts";
import { parseCertificateRequest } from "../../pki/certificate-request.ts";
import { duplicate, fieldForbidden, invalidValue, notSupported, required, tooLong } from "../../status/field-errors.ts";
import type { CertificateSigningRequest } from "../../types/certificates/v1.ts";
import type { FieldError } from "../types.ts";
import type { Errors } from "../validation/checks.ts";
import { sameJson } from "../validation/same-json.ts";
import { conditionsOf } from "./conditions.ts";

/** Sorted, as they are told. */
const usages: readonly string[] = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

const maxDomain = 253;
const maxPath = 253 + 1 + 63;
const legacySigner = "kubernetes.io/legacy-unknown";

export function validateRequest(object: CertificateSigningRequest): FieldError[] {
  const errors: Errors = [];
  const { spec } = object;
  checkRequest(errors, spec?.request ?? "");
  checkUsages(errors, spec?.usages ?? []);
  if (spec?.signerName === legacySigner) {
    const reason = "the legacy signerName is not allowed via this API version";
    errors.push(invalidValue("spec.signerName", spec.signerName, reason));
  } else checkSignerName(errors, "spec.signerName", spec?.signerName ?? "");
  if (spec?.expirationSeconds !== undefined && spec.expirationSeconds < 600) {
    const reason = "may not specify a duration less than 600 seconds (10 minutes)";
    errors.push(invalidValue("spec.expirationSeconds", spec.expirationSeconds, reason));
  }
  return errors;
}

function checkRequest(errors: Errors, request: string): void {
  try {
    parseCertificateRequest(Buffer.from(request, "base64").toString("latin1"));
  } catch (error) {
    errors.push(invalidValue("spec.request", request, (error as Error).message));
  }
}

function checkUsages(errors: Errors, given: readonly string[]): void {
  if (given.length === 0) errors.push(required("spec.usages"));
  for (const [index, usage] of given.entries()) {
    if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, usages));
    else if (given.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage));
  }
}

/** "example.com/signer-name" */
export function checkSignerName(errors: Errors, path: string, signerName: string): void {
  if (signerName === "") {
    errors.push(required(path));
    return;
  }
  const segments = signerName.split("/");
  const [domain = "", name = ""] = segments;
  if (segments.length !== 2) {
    const reason = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    errors.push(invalidValue(path, signerName, reason));
    return;
  }
  if (domain.length > maxDomain) errors.push(tooLong(path, maxDomain));
  for (const reason of dns1123Subdomain(domain)) {
    errors.push(invalidValue(path, domain, `validating label "${domain}": ${reason}`));
  }
  if (!domain.includes(".")) {
    errors.push(invalidValue(path, signerName, "should be a domain with at least two segments separated by dots"));
  }
  if (name.length > maxPath) errors.push(tooLong(path, maxPath));
  for (const reason of dns1123Subdomain(name)) {
    errors.push(invalidValue(path, name, `validating label "${name}": ${reason}`));
  }
}

/** What the update's path lets be set, beside everything that is nobody's privilege. */
export interface Settable {
  /** Conditions Approved and Denied. */
  readonly approval?: boolean;
  readonly certificate?: boolean;
}

export function validateChange(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  settable: Settable,
): FieldError[] {
  const errors: Errors = [];
  checkConditions(errors, request, old);
  const path = "status.conditions";
  for (const type of ["Approved", "Denied", "Failed"]) {
    const [before, now] = [conditionsOf(old, type), conditionsOf(request, type)];
    if (now.length < before.length) {
      errors.push(fieldForbidden(path, `updates may not remove a condition of type "${type}"`));
    } else if (!settable.approval && type !== "Failed") {
      if (now.length > before.length) {
        errors.push(fieldForbidden(path, `updates may not add a condition of type "${type}"`));
      } else if (
        !sameJson(
          now.map(([, one]) => one),
          before.map(([, one]) => one),
        )
      ) {
        errors.push(fieldForbidden(path, `updates may not modify a condition of type "${type}"`));
      }
    }
  }
  checkCertificate(errors, request.status?.certificate ?? "", old.status?.certificate ?? "", settable);
  return errors;
}

const onlyTrue: ReadonlySet<string> = new Set(["Approved", "Denied", "Failed"]);

function checkConditions(errors: Errors, request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  const seen = new Set<string>();
  for (const [index, { type, status }] of (request.status?.conditions ?? []).entries()) {
    const at = `status.conditions[${index}]`;
    if (!type) errors.push(required(`${at}.type`));
    const allowed = onlyTrue.has(type) ? ["True"] : ["False", "True", "Unknown"];
    if (!status) errors.push(required(`${at}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}.status`, status, allowed));
    const opposite = type === "Approved" ? "Denied" : type === "Denied" ? "Approved" : undefined;
    const already = opposite && conditionsOf(old, opposite).length > 0 && conditionsOf(old, type).length > 0;
    if (opposite && seen.has(opposite) && !already) {
      const reason = "Approved and Denied conditions are mutually exclusive";
      errors.push(invalidValue(`${at}.type`, type, reason));
    }
    if (seen.has(type) && conditionsOf(old, type).length < 2) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
  }
}

function checkCertificate(errors: Errors, certificate: string, old: string, settable: Settable): void {
  if (certificate === old) return;
  const path = "status.certificate";
  const wrong =
    certificate === "" ? undefined : certificateFault(Buffer.from(certificate, "base64").toString("latin1"));
  if (wrong !== undefined) errors.push(invalidValue(path, "<certificate data>", wrong));
  if (!settable.certificate) errors.push(fieldForbidden(path, "updates may not set certificate content"));
  else if (old !== "") errors.push(fieldForbidden(path, "updates may not modify existing certificate content"));
}

/** What is wrong with the PEM text of a chain of certificates. */
function certificateFault(pem: string): string | undefined {
  let blocks = 0;
  for (const [, type, body = ""] of pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\r?\n([^-]*)-----END \1-----/g)) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found "${type}"`;
    if (body.includes(":")) return "no PEM block headers are permitted";
    try {
      new X509Certificate(Buffer.from(body, "base64"));
    } catch {
      return "x509: malformed certificate";
    }
    blocks++;
  }
  return blocks === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}
