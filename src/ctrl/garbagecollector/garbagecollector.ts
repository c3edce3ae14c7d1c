import { QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";
import { Collector } from "./collector.ts";
import { DependencyGraph, type GraphNode, textOf } from "./graph.ts";
import { KindResolver } from "./kinds.ts";
import { monitorAll } from "./monitors.ts";

/** As kube-controller-manager's --concurrent-gc-syncs. */
const workers = 20;

/** Deletes what has lost its owners, and carries out foreground and orphaning deletion. */
export const garbageCollector: ControllerFactory = (context) => {
  const { client, informers, clock, events, log, definitions } = context;
  const abort = new AbortController();
  const running: Promise<void>[] = [];
  const describe = (node: GraphNode) => textOf(node.at);

  const graph: DependencyGraph = new DependencyGraph({
    attemptToDelete: (node) => deletions.queue.add(node),
    attemptToOrphan: (node) => orphans.queue.add(node),
    foreignOwner({ at, uid }, owner) {
      const about = {
        apiVersion: at.apiVersion,
        kind: at.kind,
        metadata: { name: at.name, namespace: at.namespace, uid },
      };
      const text = `ownerRef [${owner.apiVersion}/${owner.kind}, namespace: ${at.namespace}, name: ${owner.name}, uid: ${owner.uid}] does not exist in namespace "${at.namespace}"`;
      events.event(about, "Warning", "OwnerRefInvalidNamespace", text);
    },
  });
  const collector = new Collector({
    client,
    informers,
    graph,
    kinds: new KindResolver(definitions),
    enqueue: (node) => deletions.queue.add(node),
  });
  const deletions = new QueuedController<GraphNode>({
    name: "garbagecollector",
    clock,
    log,
    workers,
    describe,
    reconcile: (node) => collector.attemptToDelete(node),
  });
  const orphans = new QueuedController<GraphNode>({
    name: "garbagecollector",
    clock,
    log,
    workers,
    describe,
    reconcile: (node) => collector.attemptToOrphan(node),
  });

  return {
    name: "garbagecollector",
    start() {
      // Before every kind is known, an owner might seem to have no dependents.
      void monitorAll(context, graph, abort.signal, running).then(() => {
        if (abort.signal.aborted) return;
        deletions.start();
        orphans.start();
      });
    },
    async stop() {
      abort.abort();
      await Promise.all([...running, deletions.stop(), orphans.stop()]);
    },
  };
};
