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

export async function createSystemObjects(pipeline: Pipeline, serviceAddress: string): Promise<void> {
  for (const name of namespaces) {
    await ensure(pipeline, "v1", "namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  await ensure(pipeline, "v1", "services", "default", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      clusterIP: serviceAddress,
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 6443 }],
      sessionAffinity: "None",
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
    if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
  }
}
