/** What the controllers of certificate requests share. */
import { parseCertificateRequest } from "../../machinery/pki/certificate-request.ts";
import type { CertificateSigningRequest } from "../../machinery/types/certificates/v1.ts";
import { QueuedController } from "../controller.ts";
import type { ControllerContext } from "../types.ts";

export const signingRequests = { group: "certificates.k8s.io", version: "v1", resource: "certificatesigningrequests" };

export type SigningRequest = CertificateSigningRequest;

/** Whether there is a condition of the type that is True. */
export function hasCondition({ status }: SigningRequest, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}

export function readRequest({ spec }: SigningRequest) {
  return parseCertificateRequest(Buffer.from(spec.request, "base64").toString("latin1"));
}

/** Works on every request that is new or has changed. */
export function signingRequestController(
  { informers, clock, log }: ControllerContext,
  name: string,
  handle: (request: SigningRequest, queue: QueuedController["queue"]) => Promise<void>,
): QueuedController {
  const informer = informers.informer<SigningRequest>(signingRequests);
  const controller = new QueuedController({
    name,
    clock,
    log,
    async reconcile(key) {
      const request = informer.lister.get(key);
      if (request) await handle(request, controller.queue);
    },
  });
  const add = ({ metadata }: SigningRequest): void => controller.queue.add(metadata.name ?? "");
  informer.addHandler({ add, update: add });
  return controller;
}
