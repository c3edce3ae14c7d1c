import type { Client, InformerFactory } from "../../api/client/types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { isPodTerminal } from "../../machinery/kinds/core/pod/phase.ts";
import type { Node, Pod } from "../../machinery/types/core/v1.ts";
import { timestamp } from "../conditions.ts";
import { isConflict, isNotFound } from "../controller.ts";
import { Periodic } from "../periodic.ts";
import type { ControllerFactory } from "../types.ts";

const podResource = { group: "", version: "v1", resource: "pods" };
const nodeResource = { group: "", version: "v1", resource: "nodes" };
const interval = 20_000;
/** A node must be gone for so long before its pods are taken away. */
const quarantine = 40_000;
/** As kube-controller-manager's --terminated-pod-gc-threshold. */
const terminatedThreshold = 12_500;
const outOfService = "node.kubernetes.io/out-of-service";

/**
 * Takes away pods that no node will ever take away: those of nodes that are gone, those deleted before they had a node,
 * those being deleted on nodes declared out of service, and the oldest ended ones beyond a limit.
 */
export const podGcController: ControllerFactory = (context) => createPodGc(context, terminatedThreshold);

export function createPodGc(
  { client, informers, clock, log }: Parameters<ControllerFactory>[0],
  threshold: number,
): Periodic {
  const collector = new PodCollector({ client, informers, clock }, threshold);
  return new Periodic({ name: "podgc", clock, log, interval, first: interval, run: (signal) => collector.run(signal) });
}

class PodCollector {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #pods;
  readonly #nodes;
  readonly #threshold: number;
  /** When a node that pods name was first missed. */
  readonly #missed = new Map<string, number>();

  constructor(context: { client: Client; informers: InformerFactory; clock: Clock }, threshold: number) {
    this.#client = context.client;
    this.#clock = context.clock;
    this.#pods = context.informers.informer<Pod>(podResource);
    this.#nodes = context.informers.informer<Node>(nodeResource);
    this.#threshold = threshold;
  }

  /** Every pod is tried; the first error is thrown at the end. */
  async run(signal: AbortSignal): Promise<void> {
    const gone = await this.#goneNodes();
    let failure: unknown;
    for (const [pod, why] of this.#candidates(gone)) {
      if (signal.aborted) return;
      try {
        await this.#collect(pod, why);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  *#candidates(gone: ReadonlySet<string>): Generator<[Pod, why: string | undefined]> {
    const ended: Pod[] = [];
    for (const pod of this.#pods.lister.list()) {
      const nodeName = pod.spec?.nodeName;
      if (nodeName && gone.has(nodeName)) yield [pod, "PodGC: node no longer exists"];
      else if (pod.metadata.deletionTimestamp && !nodeName) yield [pod, undefined];
      else if (pod.metadata.deletionTimestamp && this.#isOutOfService(nodeName)) yield [pod, undefined];
      else if (isPodTerminal(pod) && !pod.metadata.deletionTimestamp) ended.push(pod);
    }
    if (this.#threshold <= 0 || ended.length <= this.#threshold) return;
    ended.sort((a, b) => Number(isEvicted(b)) - Number(isEvicted(a)) || createdAt(a) - createdAt(b));
    for (const pod of ended.slice(0, ended.length - this.#threshold)) yield [pod, undefined];
  }

  /** Nodes that pods name and that have been missing for the whole quarantine, by the API server's own word. */
  async #goneNodes(): Promise<ReadonlySet<string>> {
    const named = new Set<string>();
    for (const pod of this.#pods.lister.list()) {
      const nodeName = pod.spec?.nodeName;
      if (nodeName && !this.#nodes.lister.get(nodeName)) named.add(nodeName);
    }
    for (const name of this.#missed.keys()) if (!named.has(name)) this.#missed.delete(name);
    const gone = new Set<string>();
    for (const name of named) {
      const since = this.#missed.get(name) ?? this.#clock.elapsed();
      this.#missed.set(name, since);
      if (this.#clock.elapsed() - since >= quarantine && (await this.#isGone(name))) gone.add(name);
    }
    return gone;
  }

  async #isGone(name: string): Promise<boolean> {
    try {
      await this.#client.resource<Node>(nodeResource).get(name);
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  #isOutOfService(nodeName: string | undefined): boolean {
    const node = nodeName === undefined ? undefined : this.#nodes.lister.get(nodeName);
    if (!node?.spec?.taints?.some(({ key }) => key === outOfService)) return false;
    return node.status?.conditions?.find(({ type }) => type === "Ready")?.status !== "True";
  }

  /** A pod that had not ended ends as failed, so that whoever owns it sees that it did not succeed. */
  async #collect(pod: Pod, why: string | undefined): Promise<void> {
    const { name = "", namespace, uid } = pod.metadata;
    const resource = this.#client.resource<Pod>(podResource, namespace);
    try {
      if (!isPodTerminal(pod)) {
        const condition = {
          type: "DisruptionTarget",
          status: "True",
          reason: "DeletionByPodGC",
          message: why,
          lastTransitionTime: timestamp(this.#clock.now()),
        };
        const status = { phase: "Failed", ...(why ? { conditions: [condition] } : {}) };
        await resource.patch(
          name,
          { type: "strategic", patch: { metadata: { uid }, status } },
          { subresource: "status" },
        );
      }
      await resource.delete(name, { gracePeriodSeconds: 0, ...(uid ? { preconditions: { uid } } : {}) });
    } catch (error) {
      // Gone already, or another pod has the name.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

function isEvicted(pod: Pod): boolean {
  return pod.status?.reason === "Evicted";
}

function createdAt(pod: Pod): number {
  return Date.parse(pod.metadata.creationTimestamp ?? "") || 0;
}
