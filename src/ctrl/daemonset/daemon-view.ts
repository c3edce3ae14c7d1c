/** What a reconciliation looks at: the DaemonSet, the nodes, and its pods by node. */
import { isPodAvailable } from "../../machinery/kinds/core/pod/conditions.ts";
import type { DaemonSet } from "../../machinery/types/apps/v1.ts";
import type { Node, Pod } from "../../machinery/types/core/v1.ts";
import { revisionHashLabel, targetNode } from "./daemon-pod.ts";
import { type Eligibility, eligibilityOf } from "./eligible-nodes.ts";

export class DaemonView {
  readonly set: DaemonSet;
  /** Of the current template. */
  readonly hash: string;
  readonly now: number;
  /** With what the template says of each. */
  readonly nodes: readonly (Eligibility & { readonly name: string })[];
  /** Those being deleted too; the oldest first. */
  readonly podsByNode: ReadonlyMap<string, readonly Pod[]>;

  constructor(set: DaemonSet, hash: string, nodes: readonly Node[], pods: readonly Pod[], now: number) {
    this.set = set;
    this.hash = hash;
    this.now = now;
    const eligible = eligibilityOf(set);
    this.nodes = nodes.map((node) => ({ name: node.metadata.name ?? "", ...eligible(node) }));
    const byNode = new Map<string, Pod[]>();
    for (const pod of [...pods].sort(oldestFirst)) {
      const name = targetNode(pod);
      if (name === undefined) continue;
      const list = byNode.get(name);
      if (list) list.push(pod);
      else byNode.set(name, [pod]);
    }
    this.podsByNode = byNode;
  }

  podsOn(node: string): readonly Pod[] {
    return this.podsByNode.get(node) ?? [];
  }

  isUpdated(pod: Pod): boolean {
    return pod.metadata.labels?.[revisionHashLabel] === this.hash;
  }

  isAvailable(pod: Pod): boolean {
    return isPodAvailable(pod, this.set.spec?.minReadySeconds ?? 0, this.now);
  }
}

/** Of pods made in the same second the one that has a node, then by name: some order, but always the same. */
function oldestFirst(a: Pod, b: Pod): number {
  const [first, second] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (first !== second) return first < second ? -1 : 1;
  const bound = Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName));
  return bound || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);
}
