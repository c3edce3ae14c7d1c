/**
 * The contract between the server and a node's agent: desired state goes down, statuses go up, streams run both ways.
 * The server's own node uses it by direct calls (src/link); other hosts will speak the same over gRPC (agent.proto).
 * Objects are the API's own JSON forms; whoever receives one must not change it.
 */
import type { Duplex, Readable, Writable } from "node:stream";
import type { KubeObject } from "../src/machinery/meta/object.ts";
import type { Event, Node, NodeStatus, PodStatus } from "../src/machinery/types/core/v1.ts";

/** What an agent asks of the server. Every call acts under the node's identity (system:node:NAME). */
export interface ServerLink {
  /** Creates the Node, or adopts the one that is there (keeping labels, taints and pod CIDR that others have set). */
  register(node: Node): Promise<Node>;
  updateNodeStatus(status: NodeStatus): Promise<void>;
  /** Renews the node's Lease in kube-node-lease; `durationSeconds` as in its spec. */
  renewLease(durationSeconds: number): Promise<void>;
  /** Batched; one answer per report, in order. "gone": the pod is not there any more, or another one has its name. */
  reportPodStatuses(reports: readonly PodStatusReport[]): Promise<("ok" | "gone")[]>;
  /** Everything of the pod has ended on the node: the API object may go (a delete with grace period 0 on that uid). */
  confirmPodStopped(pod: PodRef): Promise<void>;
  /**
   * A token of the pod's service account that is good as long as the pod is there (TokenRequest, bound to the pod).
   * Errors carry the API's text: `serviceaccounts "x" not found`.
   */
  requestToken(pod: PodRef, request: ServiceAccountTokenRequest): Promise<ServiceAccountToken>;
  /** Events with count and series already folded by the agent; the server creates or patches them. */
  recordEvents(events: readonly Event[]): Promise<void>;
  /**
   * Begins the flow of desired state: first everything this node needs, then `synced`, then changes.
   * After a break the server begins again with everything (`reset` comes first). Returns a function that ends it.
   * `kinds`: what the agent wants to hear of; absent: what its pods need (no endpointslices, no networkpolicies).
   * Several subscriptions may run side by side.
   */
  subscribe(sink: DesiredStateSink, kinds?: readonly DesiredKind[]): () => void;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface ServiceAccountTokenRequest {
  readonly serviceAccount: string;
  /** Absent: the API server's own. */
  readonly audience?: string;
  readonly expirationSeconds: number;
}

export interface ServiceAccountToken {
  readonly token: string;
  /** RFC 3339; may be sooner or later than was asked for. */
  readonly expirationTimestamp: string;
}

export interface PodStatusReport {
  readonly pod: PodRef;
  readonly status: PodStatus;
}

/**
 * The kinds a node needs to run its pods: its own pods, and what they refer to. "policypeers" are all the cluster's pods that
 * have an address of their own, as Pods of which only metadata's namespace, name, uid and labels, spec.nodeName, named ports (in
 * spec.containers) and status.podIPs are there; they have no resourceVersion. They and "namespaces" are told only while there
 * are networkpolicies, and before these.
 */
export type DesiredKind =
  | "pods"
  | "configmaps"
  | "secrets"
  | "services"
  | "endpointslices"
  | "nodes"
  | "networkpolicies"
  | "namespaces"
  | "policypeers"
  /** Every node of the cluster, only as far as the others need it to reach its pods: see PeerNode. */
  | "peers"
  /** One object, a ClusterNetwork. */
  | "clusternetworks";

/** Of a Node: name, uid, topology labels, spec.podCIDR(s) and status.addresses. Told anew when one of these changes. */
export type PeerNode = Pick<Node, "apiVersion" | "kind" | "metadata" | "spec" | "status">;

/** What all nodes of a cluster have to agree on; the server decides. Its name is "cluster". */
export interface ClusterNetwork extends KubeObject {
  readonly spec: {
    /** "10.42.0.0/16": the pods of all nodes. */
    readonly clusterCIDR: string;
    /** "10.43.0.0/16" */
    readonly serviceCIDR: string;
    /** "cluster.local" */
    readonly clusterDomain: string;
    /** How pods of different nodes reach each other: in VXLAN packets, or by routes between hosts of one network. */
    readonly overlay: "vxlan" | "host-routes";
    /** The VXLAN network identifier: clusters that share a wire, or a host, must differ. 1 to 16777215. */
    readonly vxlanID: number;
  };
}

/** What an agent is told that does not say what it wants to hear of: what its pods need. */
export const podKinds: readonly DesiredKind[] = ["nodes", "services", "configmaps", "secrets", "pods"];

export interface DesiredStateSink {
  /** Forget what was told before: everything comes again. What is not told again by `synced` is gone. */
  reset(): void;
  set(kind: DesiredKind, object: KubeObject): void;
  remove(kind: DesiredKind, ref: { readonly namespace: string; readonly name: string }): void;
  synced(): void;
}

/** What the server asks of an agent: the streams behind pods/log, exec, attach and portforward. */
export interface AgentLink {
  readonly nodeName: string;
  /** Ends when the log does (or, with follow, when the container has ended). Errors are LinkError. */
  logs(pod: PodRef, options: LogOptions, signal: AbortSignal): Promise<Readable>;
  exec(pod: PodRef, options: ExecOptions, streams: ExecStreams): Promise<ExecResult>;
  attach(pod: PodRef, options: AttachOptions, streams: ExecStreams): Promise<ExecResult>;
  /** One TCP connection to a port in the pod's network namespace. */
  portForward(pod: PodRef, port: number, signal: AbortSignal): Promise<Duplex>;
  /**
   * What the node and its pods use. Measured when asked for, so that it costs nothing while nobody looks; absent where
   * nothing can be measured (simulated nodes).
   */
  stats?(): Promise<NodeStats>;
}

export interface NodeStats {
  /** When it was measured, RFC 3339; rates are those of the time before it. */
  readonly time: string;
  readonly windowMilliseconds: number;
  readonly node: ResourceUsage;
  /** Those with running containers. */
  readonly pods: readonly PodStats[];
}

export interface PodStats {
  readonly pod: PodRef;
  readonly containers: readonly (ResourceUsage & { readonly name: string })[];
}

export interface ResourceUsage {
  /** Thousand-millionths of a core, as a rate over the window. */
  readonly cpuNanoCores: number;
  /** Since the container's (the host's) start. */
  readonly cpuNanoseconds: number;
  readonly memoryUsageBytes: number;
  /** Without what the kernel can give back at once. */
  readonly memoryWorkingSetBytes: number;
}

export interface LogOptions {
  /** May be absent where the pod has exactly one container. */
  readonly container?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly sinceSeconds?: number;
  /** RFC 3339 */
  readonly sinceTime?: string;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly stream?: "All" | "Stdout" | "Stderr";
}

export interface AttachOptions {
  readonly container?: string;
  readonly tty: boolean;
}

export interface ExecOptions extends AttachOptions {
  readonly command: readonly string[];
}

/** With a tty, stderr does not exist: everything comes out of stdout. */
export interface ExecStreams {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Sizes of the client's terminal, the first one at once. */
  readonly resize?: AsyncIterable<{ readonly width: number; readonly height: number }>;
  readonly signal: AbortSignal;
}

/** `exitCode` absent: the process could not be waited for (attach detached). */
export interface ExecResult {
  readonly exitCode?: number;
}

/** Texts are those of the kubelet, since clients show them: `container "x" in pod "y" is waiting to start: ContainerCreating`. */
export class LinkError extends Error {
  override name = "LinkError";
  readonly reason: "NotFound" | "BadRequest" | "Unavailable" | "Internal";
  constructor(reason: LinkError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
