/**
 * The pods that have no node yet: those to try now, by priority and age (PrioritySort); those in back-off; those that no
 * node would take, until an event comes that may help or five minutes are over; and those held back before any attempt.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Heap } from "./heap.ts";

const initialBackoff = 1000;
const longestBackoff = 10_000;
/** How long a pod stays unschedulable without any event. */
const longestWait = 300_000;
/** While nothing else is to do, so many pods a second may leave back-off early. */
const earlyPops = 64;

export interface QueuedPod {
  info: PodInfo;
  /** signPod(); pods that share it wait together. */
  signature: string | undefined;
  /** By Clock.elapsed(), as the other times here. */
  readonly added: number;
  attempts: number;
  /** When the last attempt failed. */
  failed: number;
  /** The last attempt failed with an error, not for want of a node: back-off is then waited for in full. */
  errored: boolean;
  readonly order: number;
}

interface WaitingGroup {
  /** Plugins that refused; an event may help only where one of them says so. */
  readonly plugins: ReadonlySet<string>;
  readonly pods: Set<QueuedPod>;
}

export interface SchedulingQueueOptions {
  readonly clock: Clock;
  /** Called when a pod may have become ready to be popped. */
  readonly ready: () => void;
}

export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #ready: () => void;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active = new Heap<QueuedPod>(goesFirst);
  readonly #backoff = new Heap<QueuedPod>((a, b) => backoffEnd(a) < backoffEnd(b));
  readonly #waiting = new Map<string, WaitingGroup>();
  readonly #groupOf = new Map<QueuedPod, string>();
  readonly #held = new Set<QueuedPod>();
  /** Popped and not yet put back. */
  readonly #inHand = new Set<QueuedPod>();
  #order = 0;
  #cancelBackoff: () => void = () => undefined;
  #cancelFlush: (() => void) | undefined;
  #early = { since: Number.NEGATIVE_INFINITY, count: 0 };

  constructor({ clock, ready }: SchedulingQueueOptions) {
    this.#clock = clock;
    this.#ready = ready;
  }

  get size(): number {
    return this.#pods.size;
  }

  /** As scheduler_pending_pods tells them apart. */
  get counts(): {
    readonly active: number;
    readonly backoff: number;
    readonly unschedulable: number;
    readonly gated: number;
  } {
    return {
      active: this.#active.size,
      backoff: this.#backoff.size,
      unschedulable: this.#groupOf.size,
      gated: this.#held.size,
    };
  }

  get(key: string): QueuedPod | undefined {
    return this.#pods.get(key);
  }

  /** `held`: refused by PreEnqueue. */
  add(info: PodInfo, signature: string | undefined, held: boolean): void {
    const pod: QueuedPod = {
      info,
      signature,
      added: this.#clock.elapsed(),
      attempts: 0,
      failed: Number.NEGATIVE_INFINITY,
      errored: false,
      order: this.#order++,
    };
    this.#pods.set(info.key, pod);
    if (held) this.#held.add(pod);
    else this.#activate(pod);
  }

  /** A new version of a waiting pod. Where it asks for something else than before it is tried again. */
  update(info: PodInfo, signature: string | undefined, held: boolean): void {
    const pod = this.#pods.get(info.key);
    if (!pod) {
      this.add(info, signature, held);
      return;
    }
    const changed = pod.signature !== signature || pod.info.priority !== info.priority;
    const inHand = this.#inHand.has(pod);
    const wasHeld = this.#held.has(pod);
    if (!inHand && (changed || held !== wasHeld)) this.#takeOut(pod);
    pod.info = info;
    pod.signature = signature;
    if (inHand) return;
    if (held) this.#held.add(pod);
    else if (changed || wasHeld) this.#requeue(pod);
  }

  delete(key: string): void {
    const pod = this.#pods.get(key);
    if (!pod) return;
    this.#takeOut(pod);
    this.#inHand.delete(pod);
    this.#pods.delete(key);
  }

  /** The pod to try next. It stays in hand until it is deleted, or put back with wait() or retry(). */
  pop(): QueuedPod | undefined {
    const pod = this.#active.pop() ?? this.#popEarly();
    if (!pod) return undefined;
    pod.attempts++;
    this.#inHand.add(pod);
    return pod;
  }

  /** No node would take it. */
  wait(pod: QueuedPod, plugins: ReadonlySet<string>): void {
    if (!this.#inHand.delete(pod)) return;
    pod.failed = this.#clock.elapsed();
    pod.errored = false;
    const group =
      pod.signature === undefined ? `pod ${pod.info.key}` : `${[...plugins].sort().join(" ")}\n${pod.signature}`;
    const waiting = this.#waiting.get(group) ?? { plugins, pods: new Set<QueuedPod>() };
    waiting.pods.add(pod);
    this.#waiting.set(group, waiting);
    this.#groupOf.set(pod, group);
    this.#cancelFlush ??= this.#clock.after(30_000, () => this.#flush());
  }

  /** The attempt failed on the way: again after the back-off. */
  retry(pod: QueuedPod): void {
    if (!this.#inHand.delete(pod)) return;
    pod.failed = this.#clock.elapsed();
    pod.errored = true;
    this.#requeue(pod);
  }

  /** Something happened: groups of waiting pods that it `mayHelp` are tried again. Asked once per group of pods alike. */
  wake(mayHelp: (pod: PodInfo, plugins: ReadonlySet<string>) => boolean): void {
    for (const [key, group] of this.#waiting) {
      const [sample] = group.pods;
      if (!sample || !mayHelp(sample.info, group.plugins)) continue;
      this.#waiting.delete(key);
      for (const pod of group.pods) {
        this.#groupOf.delete(pod);
        this.#requeue(pod);
      }
    }
  }

  close(): void {
    this.#cancelBackoff();
    this.#cancelFlush?.();
    for (const key of [...this.#pods.keys()]) this.delete(key);
  }

  #activate(pod: QueuedPod): void {
    this.#active.push(pod);
    this.#ready();
  }

  #requeue(pod: QueuedPod): void {
    if (backoffEnd(pod) <= this.#clock.elapsed()) {
      this.#activate(pod);
      return;
    }
    this.#backoff.push(pod);
    this.#watchBackoff();
    this.#ready();
  }

  /** With nothing else to do a pod need not sit out its back-off, as long as that happens not too often. */
  #popEarly(): QueuedPod | undefined {
    const pod = this.#backoff.peek();
    if (!pod || pod.errored) return undefined;
    const now = this.#clock.elapsed();
    if (now - this.#early.since >= 1000) this.#early = { since: now, count: 0 };
    if (this.#early.count >= earlyPops) return undefined;
    this.#early.count++;
    this.#backoff.pop();
    this.#watchBackoff();
    return pod;
  }

  #watchBackoff(): void {
    this.#cancelBackoff();
    const first = this.#backoff.peek();
    if (!first) return;
    this.#cancelBackoff = this.#clock.after(Math.max(0, backoffEnd(first) - this.#clock.elapsed()), () => {
      for (
        let pod = this.#backoff.peek();
        pod && backoffEnd(pod) <= this.#clock.elapsed();
        pod = this.#backoff.peek()
      ) {
        this.#backoff.pop();
        this.#activate(pod);
      }
      this.#watchBackoff();
    });
  }

  #flush(): void {
    this.#cancelFlush = undefined;
    const due = this.#clock.elapsed() - longestWait;
    for (const pod of [...this.#groupOf.keys()]) {
      if (pod.failed > due) continue;
      this.#takeOut(pod);
      this.#requeue(pod);
    }
    if (this.#groupOf.size > 0) this.#cancelFlush = this.#clock.after(30_000, () => this.#flush());
  }

  #takeOut(pod: QueuedPod): void {
    this.#active.delete(pod);
    if (this.#backoff.delete(pod)) this.#watchBackoff();
    this.#held.delete(pod);
    const group = this.#groupOf.get(pod);
    if (group === undefined) return;
    this.#groupOf.delete(pod);
    const waiting = this.#waiting.get(group);
    waiting?.pods.delete(pod);
    if (waiting?.pods.size === 0) this.#waiting.delete(group);
  }
}

/** PrioritySort: the more important first, then the one that waits longer. */
function goesFirst(a: QueuedPod, b: QueuedPod): boolean {
  return a.info.priority === b.info.priority ? a.order < b.order : a.info.priority > b.info.priority;
}

function backoffEnd(pod: QueuedPod): number {
  return pod.failed + Math.min(longestBackoff, initialBackoff * 2 ** Math.max(0, pod.attempts - 1));
}
