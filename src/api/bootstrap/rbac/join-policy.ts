/**
 * What lets machines join: who may ask for a node's certificate, whose requests are approved by themselves, and who may
 * know the cluster's settings. Names and subjects are those that kubeadm gives a cluster.
 */
import { defaultNodeTokenGroup } from "../../../machinery/bootstrap/bootstrap-token.ts";
import type { PolicyRule, Subject } from "../../../machinery/types/rbac/v1.ts";
import { rule } from "./rule.ts";

const group = (name: string): Subject => ({ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name });
const bootstrappers = group(defaultNodeTokenGroup);
const nodes = group("system:nodes");
const requests = "system:certificates.k8s.io:certificatesigningrequests";

/** The ConfigMap in kube-system that says what an agent must know of its cluster before it has a link to it. */
export const clusterConfigName = "kl-config";

export const joinClusterRoles: Readonly<Record<string, readonly PolicyRule[]>> = {
  "kubeadm:get-nodes": [rule("get", "core", "nodes")],
};

/** ClusterRoleBindings, by name. */
export const joinBindings: Readonly<Record<string, { readonly role: string; readonly subjects: readonly Subject[] }>> =
  {
    "kubeadm:kubelet-bootstrap": { role: "system:node-bootstrapper", subjects: [bootstrappers] },
    "kubeadm:node-autoapprove-bootstrap": { role: `${requests}:nodeclient`, subjects: [bootstrappers] },
    "kubeadm:node-autoapprove-certificate-rotation": { role: `${requests}:selfnodeclient`, subjects: [nodes] },
    "kubeadm:get-nodes": { role: "kubeadm:get-nodes", subjects: [bootstrappers] },
  };

/** Role and RoleBinding of one name in kube-system. */
export const clusterConfigReaders = {
  name: "kl:nodes-cluster-config",
  rules: [rule("get", "core", "configmaps", clusterConfigName)],
  subjects: [bootstrappers, nodes],
} as const;
