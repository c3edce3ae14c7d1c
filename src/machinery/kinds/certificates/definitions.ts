import { defineGroup } from "../define.ts";
import { selectable } from "../selectable.ts";
import type { ResourceDefinition } from "../types.ts";
import { signingRequestStrategy } from "./certificate-signing-request.ts";
import { signingRequestTable } from "./table.ts";

export const certificatesDefinitions: readonly ResourceDefinition[] = defineGroup(
  "certificates.k8s.io",
  "k8s.io/api/certificates",
  [
    {
      kind: "CertificateSigningRequest",
      plural: "certificatesigningrequests",
      shortNames: ["csr"],
      scope: "Cluster",
      status: true,
      other: { approval: { kind: "CertificateSigningRequest", verbs: ["get", "patch", "update"] } },
      strategy: signingRequestStrategy,
      table: signingRequestTable,
      selectableFields: selectable(["spec.signerName"]),
    },
  ],
);
