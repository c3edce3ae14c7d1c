/** The cluster roles that are for people: Kubernetes' user-facing and discovery roles, and those that are given out by hand. */
import type { PolicyRule } from "../../../machinery/types/rbac/v1.ts";
import { eventsRule, paths, read, readWrite, rule, write } from "./rule.ts";

/** Roles whose rules come from others: the labels they gather, and the labels they carry themselves. */
export const aggregatedRoles: Readonly<Record<string, { readonly gathers: string; readonly gatheredBy?: string }>> = {
  view: { gathers: "view", gatheredBy: "edit" },
  edit: { gathers: "edit", gatheredBy: "admin" },
  admin: { gathers: "admin" },
};

/** Parts of the above, by name; the key of each is what it adds to. */
export const aggregateParts: Readonly<Record<"view" | "edit" | "admin", readonly PolicyRule[]>> = {
  admin: [
    rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
    rule(readWrite, "rbac.authorization.k8s.io", "roles rolebindings"),
  ],
  edit: [
    rule(read, "core", "pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy"),
    rule("impersonate", "core", "serviceaccounts"),
    rule(write, "core", "pods pods/attach pods/proxy pods/exec pods/portforward"),
    rule("create", "core", "pods/eviction"),
    rule(
      write,
      "core",
      "replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy persistentvolumeclaims configmaps secrets events",
    ),
    rule("create", "core", "serviceaccounts/token"),
    rule(
      write,
      "apps",
      "statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback replicasets replicasets/scale",
    ),
    rule(write, "autoscaling", "horizontalpodautoscalers"),
    rule(write, "batch", "jobs cronjobs"),
    rule(
      write,
      "extensions",
      "daemonsets deployments deployments/scale deployments/rollback ingresses replicasets replicasets/scale replicationcontrollers/scale networkpolicies",
    ),
    rule(write, "policy", "poddisruptionbudgets"),
    rule(write, "networking.k8s.io", "networkpolicies ingresses"),
    rule(readWrite, "coordination.k8s.io", "leases"),
    rule(write, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
  ],
  view: [
    rule(
      read,
      "core",
      "pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps",
    ),
    rule(
      read,
      "core",
      "limitranges resourcequotas bindings events pods/status resourcequotas/status namespaces/status replicationcontrollers/status pods/log",
    ),
    rule(read, "metrics.k8s.io", "pods nodes"),
    // In a namespace this is the right to read that one.
    rule(read, "core", "namespaces"),
    rule(read, "discovery.k8s.io", "endpointslices"),
    rule(
      read,
      "apps",
      "controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets daemonsets/status deployments deployments/status deployments/scale replicasets replicasets/status replicasets/scale",
    ),
    rule(read, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    rule(read, "batch", "jobs cronjobs cronjobs/status jobs/status"),
    rule(
      read,
      "extensions",
      "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status replicasets replicasets/scale replicasets/status replicationcontrollers/scale networkpolicies",
    ),
    rule(read, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
    rule(read, "networking.k8s.io", "networkpolicies ingresses ingresses/status"),
    rule(read, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
  ],
};

const certificates = "certificates.k8s.io";
const health = "/livez /readyz /healthz";

export const userRoles: Readonly<Record<string, readonly PolicyRule[]>> = {
  "cluster-admin": [rule("*", "*", "*"), paths("*", "*")],
  "system:discovery": [paths("get", `${health} /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*`)],
  "system:basic-user": [
    rule("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
    rule("create", "authentication.k8s.io", "selfsubjectreviews"),
  ],
  "system:public-info-viewer": [paths("get", `${health} /version /version/`)],
  "system:monitoring": [paths("get", `${health} /livez/* /readyz/* /healthz/* /metrics /metrics/slis`)],
  "system:service-account-issuer-discovery": [
    paths(
      "get",
      "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/",
    ),
  ],
  "system:cluster-trust-bundle-discovery": [rule(read, certificates, "clustertrustbundles")],
  "system:auth-delegator": [
    rule("create", "authentication.k8s.io", "tokenreviews"),
    rule("create", "authorization.k8s.io", "subjectaccessreviews"),
  ],
  "system:heapster": [rule(read, "core", "events pods nodes namespaces"), rule(read, "extensions", "deployments")],
  "system:node-problem-detector": [rule("get", "core", "nodes"), rule("patch", "core", "nodes/status"), eventsRule],
  "system:persistent-volume-provisioner": [
    rule(`${read} create delete`, "core", "persistentvolumes"),
    rule(`${read} update`, "core", "persistentvolumeclaims"),
    rule(read, "storage.k8s.io", "storageclasses"),
    rule("watch", "core", "events"),
    eventsRule,
  ],
  "system:certificates.k8s.io:certificatesigningrequests:nodeclient": [
    rule("create", certificates, "certificatesigningrequests/nodeclient"),
  ],
  "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient": [
    rule("create", certificates, "certificatesigningrequests/selfnodeclient"),
  ],
  "system:certificates.k8s.io:legacy-unknown-approver": [
    rule("approve", certificates, "signers", "kubernetes.io/legacy-unknown"),
  ],
  "system:certificates.k8s.io:kubelet-serving-approver": [
    rule("approve", certificates, "signers", "kubernetes.io/kubelet-serving"),
  ],
  "system:certificates.k8s.io:kube-apiserver-client-approver": [
    rule("approve", certificates, "signers", "kubernetes.io/kube-apiserver-client"),
  ],
  "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver": [
    rule("approve", certificates, "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
  ],
};
