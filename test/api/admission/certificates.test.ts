import "reflect-metadata";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { beforeAll, describe } from "vitest";
import { type AdmissionCase, admissionServer, runCases, type Thing } from "./cases.ts";

const held = admissionServer();
const see = "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization";
const plugins = "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/";
const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/csr";
const requests: Record<string, string> = {};

async function pem(subject: string): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm: algorithm });
  return Buffer.from(request.toString("pem")).toString("base64");
}

function csr(signerName: string, request: string): Thing {
  return {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: "csr" },
    spec: { signerName, request, usages: ["client auth"] },
  };
}

/** May write all of CSRs, and has a say for the signers named. */
function officer(...signers: string[]): Thing[] {
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "officer" },
      rules: [
        {
          apiGroups: ["certificates.k8s.io"],
          resources: [
            "certificatesigningrequests",
            "certificatesigningrequests/approval",
            "certificatesigningrequests/status",
          ],
          verbs: ["get", "update", "patch"],
        },
        ...(signers.length === 0
          ? []
          : [
              {
                apiGroups: ["certificates.k8s.io"],
                resources: ["signers"],
                resourceNames: signers,
                verbs: ["approve", "sign"],
              },
            ]),
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "officer" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "officer" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "officer" }],
    },
  ];
}

const merge = "application/merge-patch+json";
const approval = { status: { conditions: [{ type: "Approved", status: "True", reason: "Fine" }] } };
const failed = { status: { conditions: [{ type: "Failed", status: "True", reason: "No" }] } };

beforeAll(async () => {
  requests.plain = await pem("CN=jane, O=dev");
  requests.master = await pem("CN=jane, O=system:masters");
});

describe("certificates", () => {
  const cases = (plain: () => string, master: () => string): AdmissionCase[] => {
    const given = (...signers: string[]): Thing[] => [
      ...officer(...signers),
      {
        ...csr("example.com/own", ""),
        get spec() {
          return { signerName: "example.com/own", request: plain(), usages: ["client auth"] };
        },
      } as Thing,
    ];
    const lazy = (signerName: string, request: () => string): Thing =>
      ({
        ...csr(signerName, ""),
        get spec() {
          return { signerName, request: request(), usages: ["client auth"] };
        },
      }) as Thing;
    const as = { user: "officer" };
    return [
      {
        name: "approving for a signer that one has no say for",
        see,
        given: given(),
        as,
        contentType: merge,
        when: { method: "PATCH", path: `${path}/approval`, body: approval },
        code: 403,
        message:
          'certificatesigningrequests.certificates.k8s.io "csr" is forbidden: user not permitted to approve requests with signerName "example.com/own"',
      },
      {
        name: "approving by the signer's name",
        see,
        given: given("example.com/own"),
        as,
        contentType: merge,
        when: { method: "PATCH", path: `${path}/approval`, body: approval },
        code: 200,
      },
      {
        name: "approving by the signer's domain",
        see,
        given: given("example.com/*"),
        as,
        contentType: merge,
        when: { method: "PATCH", path: `${path}/approval`, body: approval },
        code: 200,
      },
      {
        name: "signing for a signer that one is not",
        see,
        given: given(),
        as,
        contentType: merge,
        when: { method: "PATCH", path: `${path}/status`, body: failed },
        code: 403,
        message:
          'certificatesigningrequests.certificates.k8s.io "csr" is forbidden: user not permitted to sign requests with signerName "example.com/own"',
      },
      {
        name: "nobody becomes a master by request",
        see: `${plugins}#certificatesubjectrestriction`,
        when: lazy("kubernetes.io/kube-apiserver-client", master),
        code: 403,
        message:
          'certificatesigningrequests.certificates.k8s.io "csr" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
      },
      {
        name: "other groups, and other signers, are free",
        see: `${plugins}#certificatesubjectrestriction`,
        when: lazy("kubernetes.io/kube-apiserver-client", plain),
        code: 201,
      },
    ];
  };
  runCases(
    held,
    cases(
      () => requests.plain ?? "",
      () => requests.master ?? "",
    ),
  );
});
