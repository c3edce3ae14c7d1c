type Labels = Readonly<Record<string, string>> | undefined;

/** Those of Kubernetes' own that a kubelet sets (k8s.io/kubelet/pkg/apis). */
const kubeletLabels: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);
const kubeletDomains = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const restricted = "node-restriction.kubernetes.io";

/** Labels that differ and are not a node's to choose, so that it cannot draw workloads to itself; sorted. */
export function forbiddenLabels(now: Labels, before: Labels): string[] {
  const changed = new Set([...Object.keys(now ?? {}), ...Object.keys(before ?? {})]);
  return [...changed].filter((key) => now?.[key] !== before?.[key] && isForbidden(key)).sort();
}

function isForbidden(key: string): boolean {
  const slash = key.indexOf("/");
  const domain = slash < 0 ? "" : key.slice(0, slash);
  if (within(domain, restricted)) return true;
  if (!within(domain, "kubernetes.io") && !within(domain, "k8s.io")) return false;
  return !kubeletLabels.has(key) && !kubeletDomains.some((own) => within(domain, own));
}

function within(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}
