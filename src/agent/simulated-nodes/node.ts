/** One simulated node: a few maps and no timer of its own. It answers for its pods without a pod worker. */
import type { DesiredKind, DesiredStateSink, ServerLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { type KubeObject, keyOf } from "../../machinery/meta/object.ts";
import type { Node, Pod, PodStatus } from "../../machinery/types/core/v1.ts";
import { nodeAddress, PodAddresses } from "../runtime/simulated/addresses.ts";
import { nodeObject, nodeStatus } from "./node-object.ts";
import { durationOf, endedStatus, exitAfterAnnotation, exitCodeAnnotation, runningStatus } from "./pod.ts";

export interface SimulatedNodeOptions {
  readonly name: string;
  readonly index: number;
  readonly link: ServerLink;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a pod takes to run, in ms. */
  readonly startDelay: number;
}

interface SimulatedPod {
  pod: Pod;
  readonly podIP: string;
  /** What was told last; undefined while it starts. */
  status?: PodStatus;
  cancel: () => void;
}

const wanted: readonly DesiredKind[] = ["pods", "nodes"];
export const leaseSeconds = 40;

export class SimulatedNode implements DesiredStateSink {
  readonly name: string;
  readonly #options: SimulatedNodeOptions;
  readonly #addresses: PodAddresses;
  readonly #hostIP: string;
  readonly #pods = new Map<string, SimulatedPod>();
  /** uids to report, gathered until the turn of the event loop ends. */
  readonly #dirty = new Set<SimulatedPod>();
  #flushing = false;
  #unseen: Set<string> | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(options: SimulatedNodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.#addresses = new PodAddresses(options.index);
    this.#hostIP = nodeAddress(options.index);
  }

  async start(): Promise<void> {
    const { link } = this.#options;
    const node = await link.register(nodeObject(this.name));
    if (!isReady(node)) await link.updateNodeStatus(nodeStatus(this.name, this.#hostIP, this.#now()));
    await link.renewLease(leaseSeconds);
    this.#unsubscribe = link.subscribe(this, wanted);
  }

  stop(): void {
    this.#unsubscribe();
    for (const simulated of this.#pods.values()) simulated.cancel();
  }

  renewLease(): Promise<void> {
    return this.#options.link.renewLease(leaseSeconds);
  }

  reset(): void {
    this.#unseen = new Set(this.#pods.keys());
  }

  set(kind: DesiredKind, object: KubeObject): void {
    if (kind === "pods") this.#setPod(object as Pod);
    else this.#setNode(object as Node);
  }

  remove(kind: DesiredKind, { namespace, name }: { namespace: string; name: string }): void {
    if (kind === "pods") this.#forget(`${namespace}/${name}`);
  }

  synced(): void {
    for (const key of this.#unseen ?? []) this.#forget(key);
    this.#unseen = undefined;
  }

  /** The node lifecycle controller may have given the node up while the server was away. */
  #setNode(node: Node): void {
    if (isReady(node)) return;
    this.#try(
      "the node's status",
      this.#options.link.updateNodeStatus(nodeStatus(this.name, this.#hostIP, this.#now())),
    );
  }

  #setPod(pod: Pod): void {
    const key = keyOf(pod);
    this.#unseen?.delete(key);
    const known = this.#pods.get(key);
    if (known && known.pod.metadata.uid !== pod.metadata.uid) this.#forget(key);
    if (pod.metadata.deletionTimestamp) {
      this.#forget(key);
      const { namespace = "", name = "", uid = "" } = pod.metadata;
      this.#try(`the end of pod ${key}`, this.#options.link.confirmPodStopped({ namespace, name, uid }));
      return;
    }
    const simulated = this.#pods.get(key);
    if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") this.#forget(key);
    else if (simulated) simulated.pod = pod;
    else this.#begin(key, pod);
  }

  #begin(key: string, pod: Pod): void {
    const { clock, startDelay } = this.#options;
    const before = pod.status?.podIP;
    if (before) this.#addresses.keep(before);
    const podIP = before ?? (pod.spec?.hostNetwork ? this.#hostIP : this.#addresses.take());
    const simulated: SimulatedPod = { pod, podIP, cancel: () => undefined };
    this.#pods.set(key, simulated);
    if (pod.status?.phase === "Running") {
      simulated.status = pod.status;
      this.#planExit(simulated);
    } else if (startDelay > 0) simulated.cancel = clock.after(startDelay, () => this.#run(simulated));
    else this.#run(simulated);
  }

  #run(simulated: SimulatedPod): void {
    simulated.status = runningStatus(simulated.pod, { podIP: simulated.podIP, hostIP: this.#hostIP }, this.#now());
    this.#report(simulated);
    this.#planExit(simulated);
  }

  /** Under restartPolicy Always, and OnFailure after a failure, a container would be started again: it goes on running. */
  #planExit(simulated: SimulatedPod): void {
    const { annotations = {} } = simulated.pod.metadata;
    const after = durationOf(annotations[exitAfterAnnotation]);
    const code = Number(annotations[exitCodeAnnotation] ?? 0) || 0;
    const policy = simulated.pod.spec?.restartPolicy ?? "Always";
    if (after === undefined || policy === "Always" || (policy === "OnFailure" && code !== 0)) return;
    simulated.cancel = this.#options.clock.after(after, () => {
      simulated.status = endedStatus(simulated.pod, simulated.status ?? {}, code, this.#now());
      this.#report(simulated);
    });
  }

  #forget(key: string): void {
    const simulated = this.#pods.get(key);
    if (!simulated) return;
    simulated.cancel();
    this.#dirty.delete(simulated);
    this.#addresses.give(simulated.podIP);
    this.#pods.delete(key);
  }

  /** Reports of one turn go together. */
  #report(simulated: SimulatedPod): void {
    this.#dirty.add(simulated);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      const reports = [...this.#dirty].flatMap(({ pod, status }) => {
        const { namespace = "", name = "", uid = "" } = pod.metadata;
        return status ? [{ pod: { namespace, name, uid }, status }] : [];
      });
      this.#dirty.clear();
      if (reports.length > 0) this.#try("pod statuses", this.#options.link.reportPodStatuses(reports));
    });
  }

  #try(what: string, work: Promise<unknown>): void {
    work.catch((error: Error) => {
      this.#options.log.warn({ node: this.name, error: error.message }, `a simulated node could not tell ${what}`);
    });
  }

  #now(): string {
    return `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`;
  }
}

function isReady(node: Node): boolean {
  return node.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}
