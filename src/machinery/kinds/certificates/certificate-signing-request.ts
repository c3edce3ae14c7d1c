import { invalidValue, required } from "../../status/field-errors.ts";
import type { CertificateSigningRequest } from "../../types/certificates/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { humanDuration } from "../human-duration.ts";
import { strategyFor } from "../strategy-for.ts";
import type { Errors } from "../validation/checks.ts";

export const signingRequestStrategy = strategyFor<CertificateSigningRequest>({
  hasGeneration: false,
  defaultObject(request) {
    if (request.spec) request.spec.usages ??= ["digital signature", "key encipherment"];
  },
  prepareForCreate(request) {
    request.status = {};
  },
  // What was asked for cannot change: a new request is made instead.
  prepareForUpdate(request, old) {
    request.spec = old.spec;
  },
  validate({ spec }) {
    const errors: Errors = [];
    if (!spec?.request) errors.push(required("spec.request"));
    else if (!Buffer.from(spec.request, "base64").toString("latin1").includes("-----BEGIN CERTIFICATE REQUEST-----")) {
      errors.push(invalidValue("spec.request", spec.request, "PEM block type must be CERTIFICATE REQUEST"));
    }
    if (!spec?.usages?.length) errors.push(required("spec.usages", "usages must be provided"));
    if (!spec?.signerName) errors.push(required("spec.signerName"));
    else if (!/^[^/]+\/[^/]+$/.test(spec.signerName)) {
      const reason = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
      errors.push(invalidValue("spec.signerName", spec.signerName, reason));
    }
    if (spec?.expirationSeconds !== undefined && spec.expirationSeconds < 600) {
      const reason = "may not specify a duration less than 600 seconds (10 minutes)";
      errors.push(invalidValue("spec.expirationSeconds", spec.expirationSeconds, reason));
    }
    return errors;
  },
});

export const signingRequestTable = table<CertificateSigningRequest>(
  [
    nameColumn,
    ageColumn,
    column("SignerName", "string", "signerName indicates the requested signer, and is a qualified name."),
    column(
      "Requestor",
      "string",
      "username contains the name of the user that created the CertificateSigningRequest. Populated by the API server on creation and immutable.",
    ),
    column(
      "RequestedDuration",
      "string",
      "expirationSeconds is the requested duration of validity of the issued certificate. The certificate signer may issue a certificate with a different validity duration so a client must check the delta between the notBefore and and notAfter fields in the issued certificate to determine the actual duration.",
    ),
    column(
      "Condition",
      "string",
      'conditions applied to the request. Known conditions are "Approved", "Denied", and "Failed".',
    ),
  ],
  (request, now) => [
    request.metadata.name,
    age(request, now),
    request.spec.signerName || "<none>",
    request.spec.username ?? "",
    request.spec.expirationSeconds === undefined ? "<none>" : humanDuration(request.spec.expirationSeconds * 1000),
    condition(request),
  ],
);

function condition(request: CertificateSigningRequest): string {
  const types = new Set(request.status?.conditions?.map((entry) => entry.type));
  const parts = [types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending"];
  if (types.has("Failed")) parts.push("Failed");
  if (request.status?.certificate) parts.push("Issued");
  return parts.join(",");
}
