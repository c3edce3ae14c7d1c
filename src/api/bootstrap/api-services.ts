/** An APIService for every group and version that this server serves itself, as kube-apiserver registers them at its start. */
import { apiVersionOf } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { create } from "../pipeline/create.ts";
import type { Pipeline } from "../pipeline/types.ts";

const user = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
const write = { dryRun: false, fieldValidation: "Strict" } as const;

/** In discovery the higher comes first: kube-apiserver's apiVersionPriorities. */
const groupPriorities: Readonly<Record<string, number>> = {
  "": 18_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "apiextensions.k8s.io": 16_700,
  "admissionregistration.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
  "resource.k8s.io": 15_900,
};

/** Of groups that are not Kubernetes' own core: custom resources, metrics. */
const otherGroups = 100;

export async function registerLocalApiServices(pipeline: Pipeline): Promise<void> {
  const { registry, store } = pipeline;
  const resource = registry.find("apiregistration.k8s.io/v1", "apiservices");
  if (resource === undefined) return;
  const { entries } = await store.list({ prefix: resource.prefix });
  const known = new Set(entries.map(({ key }) => key));
  const missing = registry.groups
    .filter(({ group }) => group !== "apiregistration.k8s.io")
    .flatMap(({ group, versions }) => versions.map(({ version }, rank) => ({ group, version, rank })))
    .filter(({ group, version }) => !known.has(resource.key("", `${version}.${group}`)));
  const call = { user, resource, namespace: "", name: "", subresource: "", warnings: [] };
  // Together, so that they share a commit.
  await Promise.all(
    missing.map(async ({ group, version, rank }) => {
      const object = {
        apiVersion: apiVersionOf({ group: "apiregistration.k8s.io", version: "v1" }),
        kind: "APIService",
        metadata: {
          name: `${version}.${group}`,
          labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" },
        },
        spec: {
          ...(group === "" ? {} : { group }),
          version,
          groupPriorityMinimum: groupPriorities[group] ?? otherGroups,
          versionPriority: Math.max(1, (group === "" ? 1 : 15) + (rank === 0 ? 0 : -5 * rank)),
        },
      };
      try {
        await create(pipeline, call, { object }, write);
      } catch (error) {
        if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
      }
    }),
  );
}
