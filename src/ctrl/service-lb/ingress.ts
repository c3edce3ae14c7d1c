/** Which addresses of nodes a Service of type LoadBalancer is reached at. */
import { isIPv4 } from "node:net";
import type { Node, Service } from "../../machinery/types/core/v1.ts";

const excludedLabel = "node.kubernetes.io/exclude-from-external-load-balancers";
const simulatedLabel = "kl.dev/simulated";

/** Nobody wants to read more, and any of them will do. */
const MAX_ADDRESSES = 64;

export function isBalanced({ metadata, spec }: Service): boolean {
  return spec?.type === "LoadBalancer" && !spec.loadBalancerClass && metadata.deletionTimestamp === undefined;
}

/** What makes a node's addresses ones to be named: told anew, the list may be another. */
export function nodeSignature(node: Node): string {
  return JSON.stringify([addressOf(node), isReady(node), isExcluded(node)]);
}

/**
 * One address a node, the external one where it has any. Nodes that are ready come first of all; where none is, all are as
 * good as any. With the external policy Local only nodes with an endpoint answer: `withEndpoints`, undefined for the policy
 * Cluster. spec.loadBalancerIP chooses among them.
 */
export function nodeAddresses(
  service: Service,
  nodes: readonly Node[],
  withEndpoints: ReadonlySet<string> | undefined,
): string[] {
  const usable = preferred(
    nodes.filter((node) => !isExcluded(node)),
    [
      (node) => node.metadata.labels?.[simulatedLabel] === undefined,
      isReady,
      (node) => withEndpoints === undefined || withEndpoints.has(node.metadata.name ?? ""),
    ],
  );
  const addresses = usable.flatMap((node) => addressOf(node) ?? []);
  const wanted = service.spec?.loadBalancerIP;
  if (wanted) return addresses.includes(wanted) ? [wanted] : [];
  return [...new Set(addresses)].sort().slice(0, MAX_ADDRESSES);
}

/** Those that all tests leave, as long as they leave any. */
function preferred<T>(all: readonly T[], tests: readonly ((one: T) => boolean)[]): readonly T[] {
  return tests.reduce((left, test) => {
    const passed = left.filter(test);
    return passed.length > 0 ? passed : left;
  }, all);
}

function addressOf({ status }: Node): string | undefined {
  const addresses = (status?.addresses ?? []).filter(({ address }) => isIPv4(address));
  const found =
    addresses.find(({ type }) => type === "ExternalIP") ?? addresses.find(({ type }) => type === "InternalIP");
  return found?.address;
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}

function isExcluded({ metadata }: Node): boolean {
  return metadata.labels?.[excludedLabel] !== undefined;
}
