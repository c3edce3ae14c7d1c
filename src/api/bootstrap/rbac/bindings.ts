/** Who has the default roles. */
import type { PolicyRule, Subject } from "../../../machinery/types/rbac/v1.ts";
import { eventsRule, read, rule } from "./rule.ts";

const apiGroup = "rbac.authorization.k8s.io";
const group = (name: string): Subject => ({ kind: "Group", apiGroup, name });
const user = (name: string): Subject => ({ kind: "User", apiGroup, name });
export const systemAccount = (name: string): Subject => ({ kind: "ServiceAccount", name, namespace: "kube-system" });

const authenticated = group("system:authenticated");

/** ClusterRoleBindings, each to the ClusterRole of its own name. */
export const clusterBindings: Readonly<Record<string, readonly Subject[]>> = {
  "cluster-admin": [group("system:masters")],
  "system:monitoring": [group("system:monitoring")],
  "system:discovery": [authenticated],
  "system:basic-user": [authenticated],
  "system:public-info-viewer": [authenticated, group("system:unauthenticated")],
  "system:cluster-trust-bundle-discovery": [group("system:serviceaccounts")],
  "system:service-account-issuer-discovery": [group("system:serviceaccounts")],
  "system:node-proxier": [user("system:kube-proxy")],
  "system:kube-controller-manager": [user("system:kube-controller-manager")],
  "system:kube-dns": [systemAccount("kube-dns")],
  "system:kube-scheduler": [user("system:kube-scheduler")],
  "system:volume-scheduler": [user("system:kube-scheduler")],
  // Nodes have their rights from the Node authorizer; the binding stays for those who would fill it.
  "system:node": [],
};

export interface NamespacedRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  /** Of the RoleBinding of the same name, or of `bindingName`. */
  readonly subjects: readonly Subject[];
  readonly bindingName?: string;
}

export const namespacedRoles: readonly NamespacedRole[] = [
  {
    namespace: "kube-system",
    name: "extension-apiserver-authentication-reader",
    rules: [rule(read, "core", "configmaps", "extension-apiserver-authentication")],
    subjects: [user("system:kube-controller-manager"), user("system:kube-scheduler")],
    bindingName: "system::extension-apiserver-authentication-reader",
  },
  {
    namespace: "kube-system",
    name: "system:controller:bootstrap-signer",
    rules: [rule(read, "core", "secrets")],
    subjects: [systemAccount("bootstrap-signer")],
  },
  {
    namespace: "kube-system",
    name: "system:controller:cloud-provider",
    rules: [rule(`${read} create`, "core", "configmaps")],
    subjects: [systemAccount("cloud-provider")],
  },
  {
    namespace: "kube-system",
    name: "system:controller:token-cleaner",
    rules: [rule(`${read} delete`, "core", "secrets"), eventsRule],
    subjects: [systemAccount("token-cleaner")],
  },
  {
    namespace: "kube-system",
    name: "system::leader-locking-kube-controller-manager",
    rules: [rule("watch", "core", "configmaps"), rule("get update", "core", "configmaps", "kube-controller-manager")],
    subjects: [user("system:kube-controller-manager"), systemAccount("kube-controller-manager")],
  },
  {
    namespace: "kube-system",
    name: "system::leader-locking-kube-scheduler",
    rules: [rule("watch", "core", "configmaps"), rule("get update", "core", "configmaps", "kube-scheduler")],
    subjects: [user("system:kube-scheduler"), systemAccount("kube-scheduler")],
  },
  {
    namespace: "kube-public",
    name: "system:controller:bootstrap-signer",
    rules: [rule(read, "core", "configmaps"), rule("update", "core", "configmaps", "cluster-info"), eventsRule],
    subjects: [systemAccount("bootstrap-signer")],
  },
];
