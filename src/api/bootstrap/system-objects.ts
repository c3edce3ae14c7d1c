/** What every cluster has before anybody asks: the system namespaces and the Service in front of the API server. */
import { StatusError } from "../../machinery/status/error.ts";
import type { UserInfo } from "../client/types.ts";
import { create } from "../pipeline/create.ts";
import type { Pipeline } from "../pipeline/types.ts";

const namespaces = ["kube-system", "kube-public", "kube-node-lease", "default"];
const apiServer: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
/** https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/ */
const systemPriorityClasses = [
  systemPriorityClass(
    "system-node-critical",
    2_000_001_000,
    "Used for system critical pods that must not be moved from their current node.",
  ),
  systemPriorityClass(
    "system-cluster-critical",
    2_000_000_000,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ),
];

function systemPriorityClass(name: string, value: number, description: string): object {
  return { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name }, value, description };
}

const write = { dryRun: false, fieldValidation: "Strict" } as const;

export interface ServiceNetwork {
  /** "10.43.0.0/16" */
  readonly defaultCidr: string;
  /** Of the Service in front of the API server. */
  readonly apiServerAddress: string;
  /** Where every node answers DNS. */
  readonly dnsAddress: string;
}

export async function createSystemObjects(pipeline: Pipeline, network: ServiceNetwork): Promise<void> {
  for (const name of namespaces) {
    await ensure(pipeline, "v1", "namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  await ensure(pipeline, "networking.k8s.io/v1", "servicecidrs", "", {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "kubernetes" },
    spec: { cidrs: [network.defaultCidr] },
  });
  await ensure(pipeline, "v1", "services", "default", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      clusterIP: network.apiServerAddress,
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 6443 }],
      sessionAffinity: "None",
      type: "ClusterIP",
    },
  });
  // Without a selector: no pods stand behind it, every node answers by itself.
  await ensure(pipeline, "v1", "services", "kube-system", {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "kube-dns",
      labels: {
        "k8s-app": "kube-dns",
        "kubernetes.io/cluster-service": "true",
        "kubernetes.io/name": "KubeDNS",
      },
    },
    spec: {
      clusterIP: network.dnsAddress,
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
      ],
      type: "ClusterIP",
    },
  });
  for (const priorityClass of systemPriorityClasses) {
    await ensure(pipeline, "scheduling.k8s.io/v1", "priorityclasses", "", priorityClass);
  }
}

async function ensure(
  pipeline: Pipeline,
  apiVersion: string,
  plural: string,
  namespace: string,
  object: object,
): Promise<void> {
  const resource = pipeline.registry.find(apiVersion, plural);
  if (resource === undefined) return;
  const { name } = (object as { readonly metadata: { readonly name: string } }).metadata;
  if (await pipeline.store.get(resource.key(namespace, name))) return;
  const call = { user: apiServer, resource, namespace, name: "", subresource: "", warnings: [] };
  try {
    await create(pipeline, call, { object }, write);
  } catch (error) {
    const taken = error instanceof StatusError && (error.reason === "AlreadyExists" || error.reason === "Invalid");
    // An address that a Service of the user's has had since before is his.
    if (!taken) throw error;
  }
}
