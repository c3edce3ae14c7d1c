import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import type { Lease } from "../../machinery/types/coordination/v1.ts";
import type { Node, Pod } from "../../machinery/types/core/v1.ts";
import { timestamp } from "../conditions.ts";
import { isConflict, isNotFound, QueuedController } from "../controller.ts";
import { Periodic } from "../periodic.ts";
import type { ControllerFactory } from "../types.ts";
import { NodeHealth, silentConditions } from "./node-health.ts";
import { hasEvictionTaint, readyCondition, taintsFor } from "./node-taints.ts";
import { podsByNode } from "./pods-by-node.ts";
import { EvictionBudget, type ZoneState, zoneOf, zoneState } from "./zones.ts";

const nodeResource = { group: "", version: "v1", resource: "nodes" };
const podResource = { group: "", version: "v1", resource: "pods" };
const leaseResource = { group: "coordination.k8s.io", version: "v1", resource: "leases" };
const monitorPeriod = 5000;

/**
 * Says of nodes that are no longer heard of that their state is unknown, and taints nodes by their state
 * (https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller). Evicting pods is taint eviction's work.
 */
export const nodeLifecycleController: ControllerFactory = ({ client, informers, events, clock, log }) => {
  const nodes = informers.informer<Node>(nodeResource);
  const leases = informers.informer<Lease>(leaseResource);
  const pods = podsByNode(informers.informer<Pod>(podResource));
  const health = new NodeHealth(clock);
  const budget = new EvictionBudget();
  /** Nodes whose turn to be evicted has come. */
  const evicting = new Set<string>();
  /** Nodes whose pods are still to be marked. */
  const toMark = new Set<string>();
  /** No node at all is ready: then it is most likely we who are cut off, and nothing is evicted. */
  let disrupted = false;

  const monitor = new Periodic({ name: "nodelifecycle", clock, log, interval: monitorPeriod, run: checkAll });
  const controller = new QueuedController<string>({
    name: "nodelifecycle",
    clock,
    log,
    reconcile: reconcileTaints,
    onStart: () => monitor.start(),
    onStop: () => monitor.stop(),
  });
  nodes.addHandler({
    add(node) {
      const name = `${node.metadata.name}`;
      events.event(node, "Normal", "RegisteredNode", `Node ${name} event: Registered Node ${name} in Controller`);
      controller.queue.add(name);
    },
    update: (node) => controller.queue.add(`${node.metadata.name}`),
    delete(node) {
      const name = `${node.metadata.name}`;
      health.forget(name);
      evicting.delete(name);
      toMark.delete(name);
      events.event(node, "Normal", "RemovingNode", `Node ${name} event: Removing Node ${name} from Controller`);
    },
  });
  return controller;

  async function checkAll(signal: AbortSignal): Promise<void> {
    // All are judged before anything is written: whether a whole zone fell silent must be known at once.
    const silent = new Set<Node>();
    for (const node of nodes.lister.list()) {
      const lease = leases.lister.get(`kube-node-lease/${node.metadata.name}`);
      if (health.isSilent(node, lease)) silent.add(node);
    }
    giveTurns(silent);
    let failure: unknown;
    for (const node of nodes.lister.list()) {
      if (signal.aborted) return;
      try {
        if (silent.has(node)) await sayUnknown(node);
        else toMark.delete(`${node.metadata.name}`);
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  async function sayUnknown(node: Node): Promise<void> {
    const name = `${node.metadata.name}`;
    const conditions = silentConditions(node, timestamp(clock.now()));
    if (conditions !== node.status?.conditions) {
      const wasReady = readyCondition(node)?.status === "True";
      if (wasReady) toMark.add(name);
      await client
        .resource<Node>(nodeResource)
        .updateStatus({ ...node, status: { ...node.status, conditions: [...conditions] } });
      if (wasReady) events.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
    }
    if (!toMark.has(name)) return;
    await markPodsNotReady(name);
    toMark.delete(name);
  }

  /** Nobody on that node can say so any more: its pods are not to get traffic. */
  async function markPodsNotReady(nodeName: string): Promise<void> {
    for (const pod of pods(nodeName)) {
      if (!isPodReady(pod)) continue;
      const { name = "", namespace, uid } = pod.metadata;
      const condition = { type: "Ready", status: "False", lastTransitionTime: timestamp(clock.now()) };
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      try {
        const resource = client.resource<Pod>(podResource, namespace);
        await resource.patch(name, { type: "strategic", patch }, { subresource: "status" });
        events.event(pod, "Warning", "NodeNotReady", "Node is not ready");
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    }
  }

  /** Which of the nodes that are not ready may lose their pods now. */
  function giveTurns(silent: ReadonlySet<Node>): void {
    const isReady = (node: Node) => !silent.has(node) && readyCondition(node)?.status === "True";
    const zones = new Map<string, Node[]>();
    for (const node of nodes.lister.list()) {
      const zone = zones.get(zoneOf(node));
      if (zone) zone.push(node);
      else zones.set(zoneOf(node), [node]);
    }
    const states = new Map<string, ZoneState>();
    for (const [zone, members] of zones) states.set(zone, zoneState(members.length, members.filter(isReady).length));
    noteDisruption(states.size > 0 && [...states.values()].every((state) => state === "FullDisruption"));
    if (disrupted) return;
    for (const [zone, members] of zones) {
      for (const node of members) {
        const name = `${node.metadata.name}`;
        if (isReady(node)) evicting.delete(name);
        // One that has yet to post its status is neither.
        else if (!silent.has(node) && !readyCondition(node)) continue;
        else if (!evicting.has(name) && !hasEvictionTaint(node)) {
          if (!budget.take(zone, states.get(zone) ?? "Normal", members.length, clock.elapsed())) break;
          evicting.add(name);
          controller.queue.add(name);
        }
      }
    }
  }

  function noteDisruption(all: boolean): void {
    if (all === disrupted) return;
    disrupted = all;
    const what = all ? "no node is ready, evictions are stopped" : "some node is ready again, evictions go on";
    log.info({ controller: "nodelifecycle" }, what);
    if (all) evicting.clear();
    else health.hearAll();
    for (const node of nodes.lister.list()) controller.queue.add(`${node.metadata.name}`);
  }

  async function reconcileTaints(name: string): Promise<void> {
    const node = nodes.lister.get(name);
    if (!node) return;
    const evict = !disrupted && (evicting.has(name) || hasEvictionTaint(node));
    const taints = taintsFor(node, evict, timestamp(clock.now()));
    if (taints === node.spec?.taints || (taints.length === 0 && !node.spec?.taints)) return;
    const { uid, resourceVersion } = node.metadata;
    const patch = { metadata: { uid, resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
    await client.resource<Node>(nodeResource).patch(name, { type: "merge", patch });
  }
};
