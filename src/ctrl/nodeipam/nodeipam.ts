/**
 * Gives every node its range of pod addresses out of the cluster's, as kube-controller-manager's RangeAllocator with
 * --allocate-node-cidrs. What is given out stands in the nodes' specs and nowhere else.
 */
import type { Node } from "../../machinery/types/core/v1.ts";
import { QueuedController } from "../controller.ts";
import type { Controller, ControllerContext, ControllerFactory } from "../types.ts";
import { CidrSet } from "./cidr-set.ts";

const nodeResource = { group: "", version: "v1", resource: "nodes" };
/** Simulated nodes have no pods that anybody could reach, and there may be more of them than ranges. */
const simulatedLabel = "kl.dev/simulated";

export const nodeIpamController: ControllerFactory = (context) => {
  const { podNetwork } = context;
  if (podNetwork) return createNodeIpam(context, podNetwork);
  return { name: "nodeipam", start: () => undefined, stop: () => Promise.resolve() };
};

interface PodNetworkSettings {
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly nodeCidrMaskSize: number;
}

function createNodeIpam(
  { client, informers, events, clock, log }: ControllerContext,
  { clusterCidr, serviceCidr, nodeCidrMaskSize }: PodNetworkSettings,
): Controller {
  const nodes = informers.informer<Node>(nodeResource);
  const ranges = new CidrSet(clusterCidr, nodeCidrMaskSize);
  // Two nodes at a time must not be given one range: allocation itself is synchronous.
  const controller = new QueuedController({ name: "nodeipam", clock, log, reconcile, onStart });
  /** What was given to a node that the informer does not show with it yet. */
  const given = new Map<string, string>();
  nodes.addHandler({
    add: learn,
    update: learn,
    delete: (node) => {
      for (const range of rangesOf(node)) ranges.release(range);
      const name = node.metadata.name ?? "";
      const unseen = given.get(name);
      given.delete(name);
      if (unseen !== undefined && !rangesOf(node).includes(unseen)) ranges.release(unseen);
      // Somebody may wait for a range.
      for (const other of nodes.lister.list()) enqueue(other);
    },
  });
  return controller;

  /** The first nodes are known now, and what they hold: nothing was given out before. */
  function onStart(): void {
    ranges.occupy(serviceCidr);
  }

  function learn(node: Node): void {
    for (const range of rangesOf(node)) ranges.occupy(range);
    enqueue(node);
  }

  function enqueue(node: Node): void {
    const { name = "", labels } = node.metadata;
    if (rangesOf(node).length > 0) given.delete(name);
    else if (labels?.[simulatedLabel] === undefined) controller.queue.add(name);
  }

  async function reconcile(name: string): Promise<void> {
    const node = nodes.lister.get(name);
    if (!node || rangesOf(node).length > 0) return;
    const range = given.get(name) ?? ranges.takeNext();
    if (range === undefined) {
      events.event(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`);
      throw new Error("CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range");
    }
    given.set(name, range);
    const patch = { metadata: { uid: node.metadata.uid }, spec: { podCIDR: range, podCIDRs: [range] } };
    try {
      await client.resource<Node>(nodeResource).patch(name, { type: "strategic", patch });
    } catch (error) {
      // It stays given: a write that failed may have been done. The node's next state tells.
      events.event(node, "Normal", "CIDRAssignmentFailed", `Node ${name} status is now: CIDRAssignmentFailed`);
      throw error;
    }
  }
}

function rangesOf({ spec }: Node): readonly string[] {
  if (spec?.podCIDRs?.length) return spec.podCIDRs;
  return spec?.podCIDR ? [spec.podCIDR] : [];
}
