import { generateKeyPair, X509Certificate } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "../../machinery/clock.ts";
import { createCertificateRequest } from "../../machinery/pki/certificate-request.ts";
import type { CertificateSigningRequest } from "../../machinery/types/certificates/v1.ts";
import type { NodeCertificate } from "../link/types.ts";
import { JoinError } from "./join-error.ts";
import type { ServerApi } from "./server-api.ts";

const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const signerName = "kubernetes.io/kube-apiserver-client-kubelet";
/** As the kubelet waits. */
const patience = 15 * 60_000;
const firstLook = 25;
const lastLook = 2000;
/** After this the wait is worth a word: somebody has to approve. */
const noticeAfter = 5000;

export interface RequestOptions {
  readonly api: ServerApi;
  readonly nodeName: string;
  readonly clock: Clock;
  /** Called once where nobody approves for some seconds. */
  readonly onWaiting?: (requestName: string) => void;
  readonly signal?: AbortSignal;
}

/** Makes a key, asks for a certificate of the node and waits for it. Throws JoinError and RefusedError. */
export async function requestCertificate(options: RequestOptions): Promise<NodeCertificate> {
  const { api, nodeName } = options;
  const { privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const subject = { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] };
  const { metadata } = await api.json<CertificateSigningRequest>("POST", path, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { generateName: "csr-" },
    spec: {
      request: Buffer.from(createCertificateRequest(subject, key)).toString("base64"),
      signerName,
      usages: ["digital signature", "client auth"],
    },
  });
  const cert = await issued(options, metadata.name ?? "");
  if (new X509Certificate(cert).subject !== `O=system:nodes\nCN=${subject.commonName}`) {
    throw new JoinError(`the certificate that was issued is not that of the node ${nodeName}`);
  }
  return { cert, key };
}

async function issued({ api, clock, onWaiting, signal }: RequestOptions, name: string): Promise<string> {
  const began = clock.elapsed();
  let noticed = false;
  for (let look = firstLook; ; look = Math.min(look * 1.5, lastLook)) {
    const request = await api.json<CertificateSigningRequest>("GET", `${path}/${name}`);
    const { certificate, conditions = [] } = request.status ?? {};
    if (certificate) return Buffer.from(certificate, "base64").toString("latin1");
    const refusal = conditions.find(({ type }) => type === "Denied" || type === "Failed");
    if (refusal !== undefined) {
      const why = refusal.message || refusal.reason || "no reason was given";
      throw new JoinError(`the request for a certificate ${name} was ${refusal.type.toLowerCase()}: ${why}`);
    }
    const waited = clock.elapsed() - began;
    if (waited > patience) {
      throw new JoinError(
        `nobody approved the request for a certificate: kubectl certificate approve ${name}, then join again`,
      );
    }
    if (waited > noticeAfter && !noticed) {
      noticed = true;
      onWaiting?.(name);
    }
    await pause(clock, look, signal);
  }
}

function pause(clock: Clock, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => {
      cancel();
      reject(new JoinError("joining was interrupted"));
    };
    const cancel = clock.after(milliseconds, () => {
      signal?.removeEventListener("abort", stopped);
      resolve();
    });
    if (signal?.aborted) stopped();
    else signal?.addEventListener("abort", stopped, { once: true });
  });
}
