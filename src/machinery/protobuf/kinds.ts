import { parseApiVersion } from "../meta/object.ts";
import { hasTypeFact } from "../schema/table.ts";

const metaTypes = "k8s.io/apimachinery/pkg/apis/meta/v1";

/** Where the Go types of a group are, without the version. Only these have protobuf; custom resources never do. */
const packages: Readonly<Record<string, string>> = {
  "": "k8s.io/api/core",
  "admission.k8s.io": "k8s.io/api/admission",
  "admissionregistration.k8s.io": "k8s.io/api/admissionregistration",
  "apidiscovery.k8s.io": "k8s.io/api/apidiscovery",
  "apiextensions.k8s.io": "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions",
  "apiregistration.k8s.io": "k8s.io/kube-aggregator/pkg/apis/apiregistration",
  apps: "k8s.io/api/apps",
  "authentication.k8s.io": "k8s.io/api/authentication",
  "authorization.k8s.io": "k8s.io/api/authorization",
  autoscaling: "k8s.io/api/autoscaling",
  batch: "k8s.io/api/batch",
  "certificates.k8s.io": "k8s.io/api/certificates",
  "coordination.k8s.io": "k8s.io/api/coordination",
  "custom.metrics.k8s.io": "k8s.io/metrics/pkg/apis/custom_metrics",
  "discovery.k8s.io": "k8s.io/api/discovery",
  "events.k8s.io": "k8s.io/api/events",
  "external.metrics.k8s.io": "k8s.io/metrics/pkg/apis/external_metrics",
  "flowcontrol.apiserver.k8s.io": "k8s.io/api/flowcontrol",
  "meta.k8s.io": "k8s.io/apimachinery/pkg/apis/meta",
  "metrics.k8s.io": "k8s.io/metrics/pkg/apis/metrics",
  "networking.k8s.io": "k8s.io/api/networking",
  "node.k8s.io": "k8s.io/api/node",
  policy: "k8s.io/api/policy",
  "rbac.authorization.k8s.io": "k8s.io/api/rbac",
  "resource.k8s.io": "k8s.io/api/resource",
  "scheduling.k8s.io": "k8s.io/api/scheduling",
  "storage.k8s.io": "k8s.io/api/storage",
};

/** Registered in every group, also in those of custom resources. */
const everywhere = new Set([
  "CreateOptions",
  "DeleteOptions",
  "GetOptions",
  "ListOptions",
  "PatchOptions",
  "UpdateOptions",
  "WatchEvent",
]);

/** Without protobuf in Kubernetes: its cells are of any type. */
const jsonOnly = new Set(["Table"]);

/** The full Go name of a kind that has a protobuf form, its list included: "k8s.io/api/core/v1.PodList". */
export function goNameOfKind(apiVersion: string, kind: string): string | undefined {
  if (everywhere.has(kind)) return `${metaTypes}.${kind}`;
  const { group, version } = parseApiVersion(apiVersion);
  const home = Object.hasOwn(packages, group) ? packages[group] : undefined;
  if (home === undefined || jsonOnly.has(kind)) return undefined;
  const goName = `${home}/${version}.${kind}`;
  if (hasTypeFact(goName)) return goName;
  // Status, APIResourceList and their like are also in the core group.
  const metaName = `${metaTypes}.${kind}`;
  return apiVersion === "v1" && hasTypeFact(metaName) ? metaName : undefined;
}
