/** A server that keeps what an agent tells it, and tells the agent what a test wants to run. */
import type {
  DesiredKind,
  DesiredStateSink,
  PodRef,
  PodStatusReport,
  ServerLink,
  ServiceAccountTokenRequest,
} from "../../proto/agent.ts";
import { type KubeObject, keyOf } from "../../src/machinery/meta/object.ts";
import type { Event, Node, NodeStatus, Pod, PodStatus } from "../../src/machinery/types/core/v1.ts";

export class FakeLink implements ServerLink {
  node: Node | undefined;
  nodeStatus: NodeStatus | undefined;
  leases = 0;
  readonly events: Event[] = [];
  readonly stopped: PodRef[] = [];
  /** Every status that was reported, in order. */
  readonly reports: PodStatusReport[] = [];
  /** What the calls throw while the server is away. */
  failure: Error | undefined;
  readonly #objects = new Map<string, { readonly kind: DesiredKind; readonly object: KubeObject }>();
  #sink: DesiredStateSink | undefined;

  async register(node: Node): Promise<Node> {
    this.#check();
    this.node = node;
    return node;
  }
  async updateNodeStatus(status: NodeStatus): Promise<void> {
    this.#check();
    this.nodeStatus = status;
  }
  async renewLease(): Promise<void> {
    this.#check();
    this.leases++;
  }
  async reportPodStatuses(reports: readonly PodStatusReport[]): Promise<("ok" | "gone")[]> {
    this.#check();
    return reports.map((report) => {
      this.reports.push(structuredClone(report));
      const pod = this.pod(report.pod.name);
      if (pod?.metadata.uid !== report.pod.uid) return "gone";
      this.set("pods", { ...pod, status: structuredClone(report.status) } as Pod);
      return "ok";
    });
  }
  async confirmPodStopped(pod: PodRef): Promise<void> {
    this.#check();
    this.stopped.push(pod);
    this.remove("pods", pod);
  }
  async requestToken(pod: PodRef, { serviceAccount, expirationSeconds }: ServiceAccountTokenRequest) {
    this.#check();
    const expirationTimestamp = new Date(Date.now() + expirationSeconds * 1000).toISOString();
    return { token: `token of ${serviceAccount} for ${pod.name}`, expirationTimestamp };
  }
  async recordEvents(events: readonly Event[]): Promise<void> {
    this.#check();
    for (const event of events) {
      const index = this.events.findIndex(({ metadata }) => metadata.name === event.metadata.name);
      if (index >= 0) this.events[index] = event;
      else this.events.push(event);
    }
  }
  subscribe(sink: DesiredStateSink): () => void {
    this.#sink = sink;
    for (const { kind, object } of this.#objects.values()) sink.set(kind, object);
    sink.synced();
    return () => {
      this.#sink = undefined;
    };
  }

  set(kind: DesiredKind, object: KubeObject): void {
    this.#objects.set(`${kind} ${keyOf(object)}`, { kind, object });
    this.#sink?.set(kind, object);
  }
  remove(kind: DesiredKind, ref: { readonly namespace: string; readonly name: string }): void {
    this.#objects.delete(`${kind} ${ref.namespace}/${ref.name}`);
    this.#sink?.remove(kind, ref);
  }
  pod(name: string, namespace = "default"): Pod | undefined {
    return this.#objects.get(`pods ${namespace}/${name}`)?.object as Pod | undefined;
  }
  status(name: string): PodStatus | undefined {
    return this.pod(name)?.status;
  }
  /** As DELETE does: the pod stays until its node has ended it. */
  delete(name: string, graceSeconds = 30): void {
    const pod = this.pod(name);
    if (!pod) throw new Error(`no pod ${name}`);
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: new Date(Date.now() + graceSeconds * 1000).toISOString(),
      deletionGracePeriodSeconds: graceSeconds,
    };
    this.set("pods", { ...pod, metadata } as Pod);
  }
  reasonsOf(name: string): string[] {
    return this.events.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason }) => reason ?? "");
  }
  messagesOf(name: string, reason: string): string[] {
    return this.events
      .filter((event) => event.involvedObject.name === name && event.reason === reason)
      .map(({ message }) => message ?? "");
  }

  #check(): void {
    if (this.failure) throw this.failure;
  }
}
