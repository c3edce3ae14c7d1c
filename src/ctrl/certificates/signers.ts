/** What each of Kubernetes' own signers takes: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers */
import type { CertificateRequest } from "../../machinery/pki/certificate-request.ts";

export const kubeletClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";

type Check = (request: CertificateRequest, usages: readonly string[]) => string | undefined;

/** By signer's name: why it does not sign a request; undefined: it does. */
export const signers: Readonly<Record<string, Check>> = {
  [kubeletClientSigner]: kubeletClientFault,
  "kubernetes.io/kubelet-serving": kubeletServingFault,
  "kubernetes.io/kube-apiserver-client": apiServerClientFault,
  "kubernetes.io/legacy-unknown": () => undefined,
};

const organizationFault = "subject organization is not system:nodes";
const commonNameFault = "subject common name does not begin with system:node:";

export function kubeletClientFault(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return organizationFault;
  if (request.dnsNames.length > 0) return "DNS subjectAltNames are not allowed";
  if (request.emailAddresses.length > 0) return "Email subjectAltNames are not allowed";
  if (request.ipAddresses.length > 0) return "IP subjectAltNames are not allowed";
  if (request.uris.length > 0) return "URI subjectAltNames are not allowed";
  if (!request.commonName.startsWith("system:node:")) return commonNameFault;
  return usagesFault(usages, "client auth");
}

function kubeletServingFault(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return organizationFault;
  if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) return "DNS or IP subjectAltName is required";
  if (request.emailAddresses.length > 0) return "Email subjectAltNames are not allowed";
  if (request.uris.length > 0) return "URI subjectAltNames are not allowed";
  return (
    usagesFault(usages, "server auth") ?? (request.commonName.startsWith("system:node:") ? undefined : commonNameFault)
  );
}

function apiServerClientFault(_request: CertificateRequest, usages: readonly string[]): string | undefined {
  const allowed = ["digital signature", "key encipherment", "client auth"];
  const other = usages.find((usage) => !allowed.includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes("client auth") ? undefined : "missing required usage for client certificate: client auth";
}

function isOfNodes({ organizations }: CertificateRequest): boolean {
  return organizations.length === 1 && organizations[0] === "system:nodes";
}

/** Exactly these; key encipherment only makes sense for RSA keys and may be left out. */
function usagesFault(usages: readonly string[], purpose: "client auth" | "server auth"): string | undefined {
  const given = new Set(usages);
  const size = given.has("key encipherment") ? 3 : 2;
  if (given.has("digital signature") && given.has(purpose) && given.size === size) return undefined;
  return `usages did not match [${[purpose, "digital signature", "key encipherment"].sort().join(" ")}]`;
}
