import type { CertificateSigningRequest } from "../../types/certificates/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { humanDuration } from "../human-duration.ts";

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
    request.spec?.signerName || "<none>",
    request.spec?.username ?? "",
    request.spec?.expirationSeconds === undefined ? "<none>" : humanDuration(request.spec.expirationSeconds * 1000),
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
