/**
 * The scheduling framework: what a plugin may do, at kube-scheduler's extension points
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/).
 *
 * PreFilter and Filter are one method that compiles the pod's wish into a NodeFilter (PreScore and Score likewise), because
 * that is where identical pods share work: what was compiled for one pod answers for every pod with the same signature.
 */
import type { Node, Pod } from "../../machinery/types/core/v1.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Diagnosis } from "./diagnosis.ts";

export interface Plugin {
  /** As in kube-scheduler: "NodeResourcesFit". */
  readonly name: string;
  /** PreEnqueue. A refused pod waits, without an attempt, until it changes. */
  preEnqueue?(pod: Pod): Refusal | undefined;
  /** Everything of the pod that filter() and score() look at. Undefined: pods are never alike to this plugin. */
  sign?(pod: PodInfo): string | undefined;
  /** PreFilter: undefined when every node will do, a Refusal when none can. */
  filter?(pod: PodInfo, snapshot: Snapshot): NodeFilter | Refusal | undefined;
  /** PostFilter, when no node was left. */
  postFilter?(pod: PodInfo, diagnosis: Diagnosis): PostFilterResult;
  /** PreScore: undefined when all nodes are the same to it. */
  score?(pod: PodInfo, snapshot: Snapshot): NodeScorer | undefined;
  reserve?(pod: PodInfo, nodeName: string): Refusal | undefined;
  /** Takes back reserve(); called for every plugin when anything after reserve fails, and safe without one. */
  unreserve?(pod: PodInfo, nodeName: string): void;
  /** May take its time; the pod holds its place on the node meanwhile. */
  permit?(pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<Refusal | undefined>;
  /** Throws to fail the attempt. */
  preBind?(pod: PodInfo, nodeName: string): Promise<void>;
  /** The first plugin that has it binds. Throws to fail the attempt. */
  bind?(pod: PodInfo, nodeName: string): Promise<void>;
  postBind?(pod: PodInfo, nodeName: string): void;
  /** QueueingHint: whether the event may let a pod pass that this plugin refused. Absent: any event may. */
  mayHelp?(pod: PodInfo, event: ClusterEvent): boolean;
}

export interface Refusal {
  /** In kube-scheduler's words: "Insufficient cpu". */
  readonly reasons: readonly string[];
  /** Whether fewer pods on the node would help (Unschedulable), or nothing would (UnschedulableAndUnresolvable). */
  readonly resolvable: boolean;
  /** What exactly stood in the way, where the reason does not say. */
  readonly detail?: string;
}

/** What an answer about a node depends on: the Node object, also the pods on that node, or anything in the cluster. */
export type Reads = "node" | "load" | "cluster";

export interface NodeFilter {
  readonly reads: Exclude<Reads, "cluster"> | "cluster";
  /** The only nodes that can pass, by name: no other is looked at. */
  readonly only?: ReadonlySet<string>;
  passes(slot: number): boolean;
  /** Asked only about a slot that does not pass. */
  refusal(slot: number): Refusal;
}

export interface NodeScorer {
  readonly reads: Reads;
  /** 0 to 100, or any number that is normalized afterwards. */
  score(slot: number): number;
  /** The highest score among the nodes left becomes 100 ("highest"), or 0 and no score 100 ("lowest"). */
  readonly normalize?: "highest" | "lowest";
  /** Scores of all nodes are worked out anew when this number changes. */
  epoch?(): number;
}

export interface PostFilterResult {
  /** For the end of the message: "preemption: 0/3 nodes are available: …". */
  readonly message: string;
  /** The node on which room is being made; "" when no room can be made anywhere; undefined leaves things as they are. */
  readonly nominatedNode?: string;
}

export type ClusterEvent =
  | { readonly kind: "nodeAdded"; readonly node: Node }
  | { readonly kind: "nodeUpdated"; readonly node: Node; readonly old: Node }
  /** A pod left its node, or takes less of it. */
  | { readonly kind: "podFreed"; readonly pod: PodInfo; readonly nodeName: string };

export interface ProfileEntry {
  readonly plugin: Plugin;
  /** Of its score. */
  readonly weight: number;
}

/** Plugins in the order they are asked: cheap and selective ones first. */
export type Profile = readonly ProfileEntry[];
