/**
 * The FlowSchemas and priority levels of every cluster, as kube-apiserver makes them
 * (https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#defaults).
 */
import type {
  FlowSchema,
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
  Subject,
} from "../../machinery/types/flowcontrol/v1.ts";

/** "true": the server keeps the object's spec as it has it here. */
export const autoUpdate = "apf.kubernetes.io/autoupdate-spec";

/** Without them some request would belong nowhere: they are kept as they are, whatever their annotation says. */
export const mandatory: ReadonlySet<string> = new Set(["exempt", "catch-all"]);

const everyResource: ResourcePolicyRule = {
  verbs: ["*"],
  apiGroups: ["*"],
  resources: ["*"],
  clusterScope: true,
  namespaces: ["*"],
};
const everything = {
  resourceRules: [everyResource],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};
const leases: ResourcePolicyRule = {
  verbs: ["get", "create", "update"],
  apiGroups: ["coordination.k8s.io"],
  resources: ["leases"],
  namespaces: ["*"],
};

const group = (name: string): Subject => ({ kind: "Group", group: { name } });
const user = (name: string): Subject => ({ kind: "User", user: { name } });
const account = (name: string): Subject => ({
  kind: "ServiceAccount",
  serviceAccount: { namespace: "kube-system", name },
});
const anybody = [group("system:unauthenticated"), group("system:authenticated")];
const nodes = [group("system:nodes")];
const controllerManager = user("system:kube-controller-manager");
const scheduler = user("system:kube-scheduler");

function schema(
  name: string,
  level: string,
  matchingPrecedence: number,
  flows: "ByUser" | "ByNamespace" | undefined,
  rules: PolicyRulesWithSubjects,
): FlowSchema {
  const spec: FlowSchemaSpec = {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence,
    ...(flows === undefined ? {} : { distinguisherMethod: { type: flows } }),
    rules: [rules],
  };
  return { ...typeOf("FlowSchema"), metadata: { name, annotations: { [autoUpdate]: "true" } }, spec };
}

function level(name: string, spec: PriorityLevelConfigurationSpec): PriorityLevelConfiguration {
  return { ...typeOf("PriorityLevelConfiguration"), metadata: { name, annotations: { [autoUpdate]: "true" } }, spec };
}

function queued(
  name: string,
  nominalConcurrencyShares: number,
  lendablePercent: number,
  [queues, handSize]: readonly [number, number],
): PriorityLevelConfiguration {
  const queuing = { queues, handSize, queueLengthLimit: 50 };
  const limited = { nominalConcurrencyShares, lendablePercent, limitResponse: { type: "Queue", queuing } };
  return level(name, { type: "Limited", limited });
}

function typeOf(kind: string) {
  return { apiVersion: "flowcontrol.apiserver.k8s.io/v1", kind };
}

export function defaultPriorityLevels(): PriorityLevelConfiguration[] {
  return [
    level("exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
    level("catch-all", {
      type: "Limited",
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } },
    }),
    queued("system", 30, 33, [64, 6]),
    queued("node-high", 40, 25, [64, 6]),
    queued("leader-election", 10, 0, [16, 4]),
    queued("workload-high", 40, 50, [128, 6]),
    queued("workload-low", 100, 90, [128, 6]),
    queued("global-default", 20, 50, [128, 6]),
  ];
}

export function defaultFlowSchemas(): FlowSchema[] {
  return [
    schema("exempt", "exempt", 1, undefined, { subjects: [group("system:masters")], ...everything }),
    schema("catch-all", "catch-all", 10000, "ByUser", { subjects: anybody, ...everything }),
    schema("probes", "exempt", 2, undefined, {
      subjects: anybody,
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
    }),
    schema("system-leader-election", "leader-election", 100, "ByUser", {
      subjects: [controllerManager, scheduler, account("*")],
      resourceRules: [leases],
    }),
    schema("endpoint-controller", "workload-high", 150, "ByUser", {
      subjects: [controllerManager, account("endpoint-controller"), account("endpointslicemirroring-controller")],
      resourceRules: [
        { verbs: ["get", "create", "update"], apiGroups: [""], resources: ["endpoints"], namespaces: ["*"] },
      ],
    }),
    schema("workload-leader-election", "leader-election", 200, "ByUser", {
      subjects: [account("*")],
      resourceRules: [leases],
    }),
    schema("system-node-high", "node-high", 400, "ByUser", {
      subjects: nodes,
      resourceRules: [
        {
          verbs: ["*"],
          apiGroups: [""],
          resources: ["nodes", "nodes/status"],
          clusterScope: true,
          namespaces: ["*"],
        },
        { verbs: ["*"], apiGroups: ["coordination.k8s.io"], resources: ["leases"], namespaces: ["*"] },
      ],
    }),
    schema("system-nodes", "system", 500, "ByUser", { subjects: nodes, ...everything }),
    schema("kube-controller-manager", "workload-high", 800, "ByNamespace", {
      subjects: [controllerManager],
      ...everything,
    }),
    schema("kube-scheduler", "workload-high", 800, "ByNamespace", { subjects: [scheduler], ...everything }),
    schema("kube-system-service-accounts", "workload-high", 900, "ByNamespace", {
      subjects: [account("*")],
      ...everything,
    }),
    schema("service-accounts", "workload-low", 9000, "ByUser", {
      subjects: [group("system:serviceaccounts")],
      ...everything,
    }),
    schema("global-default", "global-default", 9900, "ByUser", { subjects: anybody, ...everything }),
  ];
}
