/** What every cluster has before anybody asks: the system namespaces and the Service in front of the API server. */
import { StatusError } from "../../machinery/status/error.ts";
import type { UserInfo } from "../client/types.ts";
import { create } from "../pipeline/create.ts";
import type { Pipeline } from "../pipeline/types.ts";

const namespaces = ["kube-system", "kube-public", "kube-node-lease", "default"];
const apiServer: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
const write = { dryRun: false, fieldValidation: "Strict" } as const;

export async function createSystemObjects(pipeline: Pipeline, serviceAddress: string): Promise<void> {
  for (const name of namespaces) {
    await ensure(pipeline, "namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  await ensure(pipeline, "services", "default", {
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
}

async function ensure(pipeline: Pipeline, plural: string, namespace: string, object: object): Promise<void> {
  const resource = pipeline.registry.find("v1", plural);
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
