import type { ControllerFactory } from "../types.ts";
import { signers } from "./signers.ts";
import {
  hasCondition,
  readRequest,
  type SigningRequest,
  signingRequestController,
  signingRequests,
} from "./signing-request.ts";

/** As kube-controller-manager's --cluster-signing-duration; a request may ask for less. */
const longest = 365 * 86_400_000;
const shortest = 10 * 60_000;

/** Signs what was approved, for Kubernetes' own signers, with the cluster's CA (pkg/controller/certificates/signer). */
export const signingController: ControllerFactory = (context) => {
  const { client, signCertificate } = context;
  return signingRequestController(context, "csrsigning", async (request) => {
    const { signerName, usages = [], expirationSeconds } = request.spec;
    const fault = signers[signerName];
    if (signCertificate === undefined || fault === undefined || request.status?.certificate) return;
    if (!hasCondition(request, "Approved") || hasCondition(request, "Denied") || hasCondition(request, "Failed"))
      return;
    const why = fault(readRequest(request), usages);
    if (why !== undefined) {
      await fail(request, why);
      return;
    }
    const certificate = await signCertificate({
      request: Buffer.from(request.spec.request, "base64").toString("latin1"),
      usages,
      duration:
        expirationSeconds === undefined ? longest : Math.min(longest, Math.max(shortest, expirationSeconds * 1000)),
    });
    await update({
      ...request,
      status: { ...request.status, certificate: Buffer.from(certificate).toString("base64") },
    });
  });

  async function fail(request: SigningRequest, message: string): Promise<void> {
    const failed = { type: "Failed", status: "True", reason: "SignerValidationFailure", message } as const;
    await update({
      ...request,
      status: { ...request.status, conditions: [...(request.status?.conditions ?? []), failed] },
    });
  }

  async function update(request: SigningRequest): Promise<void> {
    await client.resource<SigningRequest>(signingRequests).updateStatus(request);
  }
};
