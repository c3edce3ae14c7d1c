/**
 * The state of all nodes, kept current change by change and laid out for scanning: every node has a slot, every resource a
 * pair of columns (what a node offers, what its pods ask for). Slots of nodes that are gone are used again.
 *
 * Pods may be told before their node, and stay when it goes: a slot counts as a node only while `node(slot)` is there.
 */

import { type HostPort, hostPortsConflict } from "../../machinery/kinds/core/pod/ports.ts";
import type { Node } from "../../machinery/types/core/v1.ts";
import { ChangeJournal } from "./change-journal.ts";
import { ImageIndex } from "./image-index.ts";
import { type PodInfo, sameLoad } from "./pod-info.ts";
import { amounts } from "./pod-requests.ts";
import { ResourceColumns } from "./resource-columns.ts";

/** One resource on all nodes, by slot. The arrays are replaced when the snapshot grows: hold on to the column, not to them. */
export interface ResourceColumn {
  allocatable: Float64Array;
  /** By the pods on the node. */
  requested: Float64Array;
}

/** Bits of Snapshot.flags: most nodes have none, which spares filters the look at the Node object. */
export const unschedulableFlag = 1;
/** A taint with effect NoSchedule or NoExecute. */
export const taintedFlag = 2;
/** A taint with effect PreferNoSchedule. */
export const softTaintedFlag = 4;

const noPods: ReadonlyMap<string, PodInfo> = new Map();

export class Snapshot {
  readonly columns = new ResourceColumns();
  readonly journal = new ChangeJournal();
  readonly images = new ImageIndex();
  /** Requests with the defaults for containers that name none, by slot: only to score by. */
  readonly scored = { cpu: new Float64Array(64), memory: new Float64Array(64) };
  readonly #columns: ResourceColumn[] = [];
  #present = new Uint8Array(64);
  #flags = new Uint8Array(64);
  readonly #nodes: (Node | undefined)[] = [];
  readonly #names: (string | undefined)[] = [];
  readonly #pods: (Map<string, PodInfo> | undefined)[] = [];
  /** Pods that take host ports, by slot: most nodes have none. */
  readonly #portTakers = new Map<number, Set<PodInfo>>();
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #nodeCount = 0;
  #end = 0;

  get nodeCount(): number {
    return this.#nodeCount;
  }

  /** All slots are below this. */
  get end(): number {
    return this.#end;
  }

  /** Length of the columns; grows by doubling. */
  get capacity(): number {
    return this.#present.length;
  }

  /** 1 for every slot that holds a node. */
  get present(): Uint8Array {
    return this.#present;
  }

  /** What is special about the node of a slot, in bits. */
  get flags(): Uint8Array {
    return this.#flags;
  }

  column(index: number): ResourceColumn {
    for (let next = this.#columns.length; next <= index; next++) {
      this.#columns.push({ allocatable: new Float64Array(this.capacity), requested: new Float64Array(this.capacity) });
    }
    return this.#columns[index] as ResourceColumn;
  }

  slotOf(name: string): number | undefined {
    const slot = this.#slots.get(name);
    return slot !== undefined && this.#present[slot] === 1 ? slot : undefined;
  }

  node(slot: number): Node | undefined {
    return this.#nodes[slot];
  }

  nodeName(slot: number): string {
    return this.#names[slot] ?? "";
  }

  podsOn(slot: number): ReadonlyMap<string, PodInfo> {
    return this.#pods[slot] ?? noPods;
  }

  portsTaken(slot: number, ports: readonly HostPort[]): boolean {
    const takers = this.#portTakers.get(slot);
    if (!takers) return false;
    for (const taker of takers) {
      for (const taken of taker.hostPorts) if (ports.some((port) => hostPortsConflict(port, taken))) return true;
    }
    return false;
  }

  setNode(node: Node): void {
    const slot = this.#slotFor(`${node.metadata.name}`);
    const old = this.#nodes[slot];
    this.#nodes[slot] = node;
    if (this.#present[slot] === 0) {
      this.#present[slot] = 1;
      this.#nodeCount++;
    }
    const offers = amounts(node.status?.allocatable);
    for (const { allocatable } of this.#columns) allocatable[slot] = 0;
    for (const [name, amount] of offers) this.column(this.columns.of(name)).allocatable[slot] = amount;
    this.#flags[slot] = flagsOf(node);
    this.images.update(slot, node, old);
    this.journal.record(slot, true);
  }

  removeNode(name: string): void {
    const slot = this.slotOf(name);
    if (slot === undefined) return;
    this.images.update(slot, undefined, this.#nodes[slot]);
    this.#nodes[slot] = undefined;
    this.#present[slot] = 0;
    this.#nodeCount--;
    for (const { allocatable } of this.#columns) allocatable[slot] = 0;
    this.journal.record(slot, true);
    this.#release(slot);
  }

  /** Takes the place of what was known under the pod's key on that node. */
  addPod(nodeName: string, pod: PodInfo): void {
    const slot = this.#slotFor(nodeName);
    const pods = this.#pods[slot] ?? new Map<string, PodInfo>();
    this.#pods[slot] = pods;
    const old = pods.get(pod.key);
    pods.set(pod.key, pod);
    if (old) {
      this.#ports(slot, old, false);
      this.#ports(slot, pod, true);
      if (sameLoad(old, pod)) return;
      this.#load(slot, old, -1);
    } else {
      this.#ports(slot, pod, true);
    }
    this.#load(slot, pod, 1);
    this.journal.record(slot, false);
  }

  removePod(nodeName: string, key: string): PodInfo | undefined {
    const slot = this.#slots.get(nodeName);
    if (slot === undefined) return undefined;
    const pod = this.#pods[slot]?.get(key);
    if (!pod) return undefined;
    this.#pods[slot]?.delete(key);
    this.#ports(slot, pod, false);
    this.#load(slot, pod, -1);
    this.journal.record(slot, false);
    this.#release(slot);
    return pod;
  }

  /**
   * Reckons as if a pod of the slot were gone (`there` false), or back again. Only within one step: whoever supposes puts
   * everything back before anybody else looks, which is why nothing is told of it.
   */
  suppose(slot: number, pod: PodInfo, there: boolean): void {
    this.#load(slot, pod, there ? 1 : -1);
    this.#ports(slot, pod, there);
  }

  #load(slot: number, pod: PodInfo, sign: 1 | -1): void {
    for (const { column, amount } of pod.requests) {
      const { requested } = this.column(column);
      requested[slot] = (requested[slot] ?? 0) + sign * amount;
    }
    const { cpu, memory } = this.scored;
    cpu[slot] = (cpu[slot] ?? 0) + sign * pod.scoredCpu;
    memory[slot] = (memory[slot] ?? 0) + sign * pod.scoredMemory;
  }

  #ports(slot: number, pod: PodInfo, taken: boolean): void {
    if (pod.hostPorts.length === 0) return;
    const takers = this.#portTakers.get(slot) ?? new Set<PodInfo>();
    if (taken) takers.add(pod);
    else takers.delete(pod);
    if (takers.size > 0) this.#portTakers.set(slot, takers);
    else this.#portTakers.delete(slot);
  }

  #slotFor(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? this.#end++;
    if (slot >= this.capacity) this.#grow();
    this.#slots.set(name, slot);
    this.#names[slot] = name;
    return slot;
  }

  #release(slot: number): void {
    if (this.#present[slot] === 1 || (this.#pods[slot]?.size ?? 0) > 0) return;
    this.#slots.delete(this.nodeName(slot));
    this.#names[slot] = undefined;
    this.#pods[slot] = undefined;
    this.#free.push(slot);
  }

  #grow(): void {
    const capacity = this.capacity * 2;
    for (const column of this.#columns) {
      column.allocatable = grown(column.allocatable, capacity);
      column.requested = grown(column.requested, capacity);
    }
    this.scored.cpu = grown(this.scored.cpu, capacity);
    this.scored.memory = grown(this.scored.memory, capacity);
    this.#present = grownBytes(this.#present, capacity);
    this.#flags = grownBytes(this.#flags, capacity);
  }
}

function grown(values: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(values);
  return larger;
}

function grownBytes(values: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(capacity);
  larger.set(values);
  return larger;
}

function flagsOf(node: Node): number {
  let flags = node.spec?.unschedulable ? unschedulableFlag : 0;
  for (const { effect } of node.spec?.taints ?? []) {
    flags |= effect === "PreferNoSchedule" ? softTaintedFlag : taintedFlag;
  }
  return flags;
}
