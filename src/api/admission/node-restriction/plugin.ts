import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import { notFound } from "../../../machinery/status/errors.ts";
import { goQuote } from "../../../machinery/status/go-format.ts";
import type { Node, Pod } from "../../../machinery/types/core/v1.ts";
import { nodeNameOf } from "../../authz/node/authorizer.ts";
import { equalJson } from "../../serialize/json.ts";
import { isKind, isPods } from "../concerns.ts";
import type { AdmissionObjects } from "../objects.ts";
import { refuse } from "../refuse.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../types.ts";
import { forbiddenLabels } from "./labels.ts";
import { refusedMirrorPod } from "./mirror-pod.ts";

const leaseNamespace = "kube-node-lease";

/**
 * A node writes its own Node, lease and CSINode, and of pods those that it runs. Whom the Node authorizer has let through is
 * held here to what it may say. https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
export function nodeRestriction(objects: AdmissionObjects): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    handles: (operation, resource) =>
      operation !== "CONNECT" &&
      (isPods(resource) ||
        isKind(resource, "", "nodes") ||
        isKind(resource, "", "persistentvolumeclaims") ||
        isKind(resource, "", "serviceaccounts") ||
        isKind(resource, "coordination.k8s.io", "leases") ||
        isKind(resource, "storage.k8s.io", "csinodes")),
    admit(request) {
      if (!request.user.groups.includes("system:nodes")) return;
      const node = nodeNameOf(request.user);
      if (node === undefined) return;
      if (node === "") throw refuse(request, `could not determine node from user ${goQuote(request.user.name)}`);
      switch (request.resource.resource) {
        case "pods":
          return admitPod(objects, request, node);
        case "nodes":
          return admitNode(request, node);
        case "persistentvolumeclaims":
          return admitClaim(request, node);
        case "serviceaccounts":
          return admitToken(objects, request, node);
        case "leases":
          return admitLease(request, node);
        default:
          return admitOwnName(request, node, "can only access CSINode with the same name as the requesting node");
      }
    },
  };
}

async function admitPod(objects: AdmissionObjects, request: AdmissionRequest, node: string): Promise<void> {
  const { operation, subresource } = request;
  const own = `node ${goQuote(node)}`;
  if (subresource === "eviction") {
    if (operation !== "CREATE") throw refuse(request, `unexpected operation ${operation}`);
    const pod = await podOf(objects, request, request.name);
    if (pod.spec?.nodeName === node) return;
    throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
  }
  if (subresource === "status") return admitPodStatus(request, node);
  if (subresource !== "") {
    throw refuse(
      request,
      `unexpected pod subresource ${goQuote(subresource)}, only 'status' and 'eviction' are allowed`,
    );
  }
  if (operation === "DELETE") {
    if ((request.old as Pod | undefined)?.spec?.nodeName === node) return;
    throw refuse(request, `${own} can only delete pods with spec.nodeName set to itself`);
  }
  if (operation === "CREATE") {
    const why = refusedMirrorPod(request.object as Pod, node, await objects.get<Node>("nodes", "", node));
    if (why === undefined) return;
    throw refuse(request, why);
  }
  throw refuse(request, `unexpected operation ${goQuote(operation)}, ${own} can only create and delete mirror pods`);
}

function admitPodStatus(request: AdmissionRequest, node: string): void {
  if (request.operation !== "UPDATE") throw refuse(request, `unexpected operation ${goQuote(request.operation)}`);
  const old = request.old as Pod;
  const now = request.object as Pod;
  const own = `node ${goQuote(node)}`;
  if (old.spec?.nodeName !== node) {
    throw refuse(request, `${own} can only update pod status for pods with spec.nodeName set to itself`);
  }
  if (!equalJson(old.metadata.labels ?? {}, now.metadata.labels ?? {})) {
    throw refuse(request, `${own} cannot update labels through pod status`);
  }
  if (!equalJson(old.status?.resourceClaimStatuses ?? [], now.status?.resourceClaimStatuses ?? [])) {
    throw refuse(request, `${own} cannot update resource claim statues`);
  }
}

function admitNode(request: AdmissionRequest, node: string): void {
  const { operation } = request;
  const own = `node ${goQuote(node)}`;
  const name = operation === "CREATE" ? (request.object?.metadata.name ?? "") : request.name;
  if (name !== node) throw refuse(request, `${own} is not allowed to modify node ${goQuote(name)}`);
  if (operation === "DELETE") return;
  const now = request.object as unknown as Node;
  if (operation === "CREATE") {
    if (now.spec?.configSource)
      throw refuse(request, `${own} is not allowed to create pods with a non-nil configSource`);
    const labels = forbiddenLabels(now.metadata.labels, undefined);
    if (labels.length === 0) return;
    throw refuse(request, `${own} is not allowed to set the following labels: ${labels.join(", ")}`);
  }
  const old = request.old as unknown as Node;
  if (now.spec?.configSource && !equalJson(now.spec.configSource, old.spec?.configSource)) {
    throw refuse(request, `${own} is not allowed to update configSource to a new non-nil configSource`);
  }
  if (!equalJson(now.spec?.taints ?? [], old.spec?.taints ?? [])) {
    throw refuse(request, `${own} is not allowed to modify taints`);
  }
  const labels = forbiddenLabels(now.metadata.labels, old.metadata.labels);
  if (labels.length > 0) throw refuse(request, `is not allowed to modify labels: ${labels.join(", ")}`);
  if (!equalJson(now.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? [])) {
    throw refuse(request, `${own} is not allowed to modify ownerReferences`);
  }
}

const claimStatusOfNode = ["capacity", "conditions", "allocatedResources", "allocatedResourceStatuses"];

function admitClaim(request: AdmissionRequest, node: string): void {
  if (request.subresource !== "status") throw refuse(request, "may only update PVC status");
  if (request.operation !== "UPDATE") throw refuse(request, `unexpected operation ${goQuote(request.operation)}`);
  const bare = (claim: UnstructuredObject | undefined): object => {
    const { resourceVersion: _, ...metadata } = claim?.metadata ?? {};
    const status = { ...(claim?.status as Record<string, unknown> | undefined) };
    for (const field of claimStatusOfNode) delete status[field];
    return { ...claim, metadata, status };
  };
  if (equalJson(bare(request.object), bare(request.old))) return;
  throw refuse(
    request,
    `node ${goQuote(node)} is not allowed to update fields other than status.capacity and status.conditions`,
  );
}

async function admitToken(objects: AdmissionObjects, request: AdmissionRequest, node: string): Promise<void> {
  if (request.operation !== "CREATE" || request.subresource !== "token") return;
  const spec = request.object?.spec as { boundObjectRef?: Record<string, string | undefined> } | undefined;
  const { apiVersion, kind, name, uid } = spec?.boundObjectRef ?? {};
  if (apiVersion !== "v1" || kind !== "Pod" || !name) throw refuse(request, "node requested token not bound to a pod");
  if (!uid) throw refuse(request, "node requested token with a pod binding without a uid");
  const pod = await podOf(objects, request, name);
  if (pod.metadata.uid !== uid) {
    throw refuse(
      request,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(request, "node requested token bound to a pod scheduled on a different node");
  }
}

function admitLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== leaseNamespace) {
    throw refuse(request, `can only access leases in the ${goQuote(leaseNamespace)} system namespace`);
  }
  admitOwnName(request, node, "can only access node lease with the same name as the requesting node");
}

function admitOwnName(request: AdmissionRequest, node: string, why: string): void {
  const name = request.operation === "CREATE" ? request.object?.metadata.name : request.name;
  if (name !== node) throw refuse(request, why);
}

async function podOf(objects: AdmissionObjects, { namespace }: AdmissionRequest, name: string): Promise<Pod> {
  const pod = await objects.get<Pod>("pods", namespace, name);
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
  return pod;
}
