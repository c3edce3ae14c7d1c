import type { SubjectAccessReview } from "../../machinery/types/authorization/v1.ts";
import type { ControllerFactory } from "../types.ts";
import { kubeletClientFault, kubeletClientSigner } from "./signers.ts";
import {
  hasCondition,
  readRequest,
  type SigningRequest,
  signingRequestController,
  signingRequests,
} from "./signing-request.ts";

const accessReviews = { group: "authorization.k8s.io", version: "v1", resource: "subjectaccessreviews" };

/**
 * Approves the requests of nodes for their client certificates: of one that is there for its own (renewal), and of whoever
 * may create `certificatesigningrequests/nodeclient`, as join tokens may. All others wait for a human
 * (pkg/controller/certificates/approver).
 */
export const approvingController: ControllerFactory = (context) => {
  const { client } = context;
  return signingRequestController(context, "csrapproving", async (request, queue) => {
    if (request.status?.certificate || hasCondition(request, "Approved") || hasCondition(request, "Denied")) return;
    const tried = recognized(request);
    for (const [subresource, message] of tried) {
      if (await mayCreate(request, subresource)) {
        await approve(request, message);
        return;
      }
    }
    // The right may be given later.
    if (tried.length > 0) queue.addRateLimited(request.metadata.name ?? "");
  });

  async function mayCreate({ spec }: SigningRequest, subresource: string): Promise<boolean> {
    const { username = "", uid, groups = [], extra } = spec;
    const { status } = await client.resource<SubjectAccessReview>(accessReviews).create({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: {
        user: username,
        groups,
        ...(uid ? { uid } : {}),
        ...(extra ? { extra } : {}),
        resourceAttributes: {
          group: signingRequests.group,
          resource: signingRequests.resource,
          verb: "create",
          subresource,
        },
      },
    });
    return status?.allowed === true;
  }

  async function approve(request: SigningRequest, message: string): Promise<void> {
    const condition = { type: "Approved", status: "True", reason: "AutoApproved", message } as const;
    const conditions = [...(request.status?.conditions ?? []), condition];
    await client
      .resource<SigningRequest>(signingRequests)
      .update({ ...request, status: { ...request.status, conditions } }, { subresource: "approval" });
  }
};

/** As what the request is known, with the right that lets it pass and what is then said of it. */
function recognized(request: SigningRequest): [subresource: string, message: string][] {
  const { signerName, username, usages = [] } = request.spec;
  if (signerName !== kubeletClientSigner) return [];
  const asked = readRequest(request);
  if (kubeletClientFault(asked, usages) !== undefined) return [];
  const node: [string, string] = ["nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview."];
  return asked.commonName === username
    ? [["selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview."], node]
    : [node];
}
