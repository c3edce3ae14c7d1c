/**
 * Who may decide on certificates, and for whom none are made.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization
 */

import { goQuote } from "../../machinery/status/go-format.ts";
import type { CertificateSigningRequest } from "../../machinery/types/certificates/v1.ts";
import type { Authorizer } from "../authz/types.ts";
import { equalJson } from "../serialize/json.ts";
import { isKind } from "./concerns.ts";
import { refuse } from "./refuse.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./types.ts";

const group = "certificates.k8s.io";
const plural = "certificatesigningrequests";
const clientSigner = "kubernetes.io/kube-apiserver-client";
const masters = "system:masters";

export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    handles: (operation, resource, subresource) =>
      operation === "UPDATE" && subresource === "approval" && isKind(resource, group, plural),
    async validate(request) {
      const { signerName = "" } = asCsr(request.old).spec;
      if (await mayFor(authorizer, request, "approve", signerName)) return;
      throw refuse(request, `user not permitted to approve requests with signerName ${goQuote(signerName)}`);
    },
  };
}

export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    handles: (operation, resource, subresource) =>
      operation === "UPDATE" && subresource === "status" && isKind(resource, group, plural),
    async validate(request) {
      const now = asCsr(request.object);
      const old = asCsr(request.old);
      const same =
        now.status?.certificate === old.status?.certificate &&
        equalJson(now.status?.conditions ?? [], old.status?.conditions ?? []);
      if (same) return;
      const { signerName = "" } = old.spec;
      if (await mayFor(authorizer, request, "sign", signerName)) return;
      throw refuse(request, `user not permitted to sign requests with signerName ${goQuote(signerName)}`);
    },
  };
}

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  handles: (operation, resource, subresource) =>
    operation === "CREATE" && subresource === "" && isKind(resource, group, plural),
  async validate(request) {
    const { signerName, request: encoded } = asCsr(request.object).spec;
    if (signerName !== clientSigner) return;
    let organizations: readonly string[];
    try {
      organizations = await organizationsOf(Buffer.from(encoded, "base64").toString("latin1"));
    } catch (error) {
      throw refuse(request, `failed to parse CSR: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!organizations.includes(masters)) return;
    throw refuse(request, `use of ${clientSigner} signer with ${masters} group is not allowed`);
  },
};

function asCsr(object: unknown): CertificateSigningRequest {
  return object as CertificateSigningRequest;
}

/** The signer by its name, or all of its domain: "example.com/*". */
async function mayFor(
  authorizer: Authorizer,
  { user }: AdmissionRequest,
  verb: "approve" | "sign",
  signer: string,
): Promise<boolean> {
  const domain = signer.slice(0, signer.indexOf("/") + 1);
  for (const name of [signer, `${domain}*`]) {
    const decision = await authorizer.authorize({
      user,
      verb,
      path: "",
      group,
      version: "*",
      resource: "signers",
      name,
    });
    if (decision.allowed) return true;
  }
  return false;
}

/** The library is loaded with the first request for a client certificate. */
async function organizationsOf(pem: string): Promise<readonly string[]> {
  await import("reflect-metadata");
  const { Pkcs10CertificateRequest } = await import("@peculiar/x509");
  return new Pkcs10CertificateRequest(pem).subjectName.getField("O");
}
