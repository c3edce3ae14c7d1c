import { type AdmissionCase, admissionServer, podThing, runCases, type Thing } from "./cases.ts";

const held = admissionServer({ disableAdmissionPlugins: ["ServiceAccount"] });
const see = "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction";
const kep = "https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/279-limit-node-access";
const as = { user: "system:node:n1", groups: ["system:nodes", "system:authenticated"] };
const merge = "application/merge-patch+json";

function node(name: string, labels: object = {}, spec: object = {}): Thing {
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels }, spec };
}

/** Past the authorizer, which refuses most of it before. */
const trusted: Thing = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "trusted-node" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: as.user }],
};

const cases: AdmissionCase[] = [
  {
    name: "a node makes itself",
    see,
    as,
    when: node("n1", { "kubernetes.io/hostname": "n1", "node.kubernetes.io/pool": "a", "example.com/rack": "7" }),
    code: 201,
  },
  {
    name: "with no label that draws workloads",
    see: kep,
    as,
    when: node("n1", { "node-restriction.kubernetes.io/fips": "true", "node-role.kubernetes.io/master": "" }),
    code: 403,
    message:
      'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/fips, node-role.kubernetes.io/master',
  },
  {
    name: "and changes no such label",
    see: kep,
    as,
    given: [node("n1")],
    contentType: merge,
    when: {
      method: "PATCH",
      path: "/api/v1/nodes/n1",
      body: { metadata: { labels: { "kubernetes.io/secure": "yes" } } },
    },
    code: 403,
    message: 'nodes "n1" is forbidden: is not allowed to modify labels: kubernetes.io/secure',
  },
  {
    name: "nor its taints",
    see,
    as,
    given: [node("n1")],
    contentType: merge,
    when: { method: "PATCH", path: "/api/v1/nodes/n1", body: { spec: { taints: [] } } },
    code: 403,
    message: 'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
  },
  {
    name: "its status is its own",
    see,
    as,
    given: [node("n1")],
    contentType: merge,
    when: { method: "PATCH", path: "/api/v1/nodes/n1/status", body: { status: { capacity: { cpu: "1" } } } },
    code: 200,
  },
  {
    name: "a pod that is not a mirror",
    see,
    as,
    given: [trusted],
    when: podThing("a", { nodeName: "n1" }),
    code: 403,
    message:
      'pods "a" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  },
  {
    name: "a mirror of another node's",
    see,
    as,
    given: [trusted],
    when: podThing("a", { nodeName: "n2" }, { annotations: { "kubernetes.io/config.mirror": "x" } }),
    code: 403,
    message: 'pods "a" is forbidden: node "n1" can only create pods with spec.nodeName set to itself',
  },
  {
    name: "the status of another node's pod",
    see,
    as,
    given: [trusted, podThing("a", { nodeName: "n2" })],
    contentType: merge,
    when: { method: "PATCH", path: "/api/v1/namespaces/$ns/pods/a/status", body: { status: { phase: "Running" } } },
    code: 403,
    message: 'pods "a" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
  },
  {
    name: "labels through a pod's status",
    see,
    as,
    given: [podThing("a", { nodeName: "n1" })],
    contentType: merge,
    when: {
      method: "PATCH",
      path: "/api/v1/namespaces/$ns/pods/a/status",
      body: { metadata: { labels: { app: "db" } }, status: { phase: "Running" } },
    },
    code: 403,
    message: 'pods "a" is forbidden: node "n1" cannot update labels through pod status',
  },
  {
    name: "the status of its own pod",
    see,
    as,
    given: [podThing("a", { nodeName: "n1" })],
    contentType: merge,
    when: { method: "PATCH", path: "/api/v1/namespaces/$ns/pods/a/status", body: { status: { phase: "Running" } } },
    code: 200,
  },
  {
    name: "deleting another node's pod",
    see,
    as,
    given: [trusted, podThing("a", { nodeName: "n2" })],
    when: { method: "DELETE", path: "/api/v1/namespaces/$ns/pods/a" },
    code: 403,
    message: 'pods "a" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
  },
];

runCases(held, cases);
