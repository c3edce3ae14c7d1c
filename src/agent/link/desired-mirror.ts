/**
 * The desired state as this host knows it, whether or not the server can be reached. Those who subscribe here hear nothing
 * of broken connections: only of what has changed in the end.
 */
import type { DesiredKind, DesiredStateSink } from "../../../proto/agent.ts";
import type { Change, DesiredBatch, Known } from "../../../proto/wire/messages.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { splitKey } from "../../machinery/meta/object.ts";
import type { KeptState } from "./state-log.ts";

interface Entry {
  readonly object: KubeObject;
  readonly version: string;
  epoch: number;
}

interface Subscriber {
  readonly sink: DesiredStateSink;
  readonly kinds: readonly DesiredKind[];
  begun: boolean;
}

/** In which the first picture is told: what others refer to comes before them. */
const places: Readonly<Record<DesiredKind, number>> = {
  clusternetworks: 0,
  nodes: 1,
  peers: 2,
  namespaces: 3,
  policypeers: 4,
  services: 5,
  endpointslices: 6,
  networkpolicies: 7,
  configmaps: 8,
  secrets: 9,
  pods: 10,
};
const order = (Object.keys(places) as DesiredKind[]).sort((a, b) => places[a] - places[b]);

export interface DesiredMirrorOptions {
  /** Absent: nothing outlives the process. */
  readonly kept?: KeptState;
  /** `wanted` has changed. */
  readonly changed: () => void;
}

export class DesiredMirror {
  readonly #kept: KeptState | undefined;
  readonly #changed: () => void;
  readonly #objects = new Map<string, Map<string, Entry>>();
  readonly #subscribers = new Set<Subscriber>();
  #wanted: readonly DesiredKind[] = [];
  /** Kinds of which all is known, as of the last time that the server was heard. */
  #complete: ReadonlySet<string> = new Set();
  /** The server has been heard, or cannot be: what is known is the best there is. */
  #settled = false;
  /** Everything is being told again: what keeps an older epoch until the end is gone. */
  #epoch = 0;
  #renewing = false;
  #scheduled = false;

  constructor({ kept, changed }: DesiredMirrorOptions) {
    this.#kept = kept;
    this.#changed = changed;
  }

  /** What was kept from the last time. Before anything else. */
  async load(): Promise<void> {
    await this.#kept?.load({
      batch: (batch) => this.#take(batch),
      complete: (kinds) => {
        this.#complete = new Set(kinds);
      },
    });
    // Broken off in the middle: nothing of it can be relied upon.
    if (this.#renewing) this.#objects.clear();
    this.#renewing = false;
    this.#kept?.live(
      () => this.#everything(),
      () => [...this.#complete],
    );
    this.#beginReady();
  }

  async close(): Promise<void> {
    this.#subscribers.clear();
    await this.#kept?.close();
  }

  /** The kinds that somebody here wants to hear of. */
  get wanted(): readonly DesiredKind[] {
    return this.#wanted;
  }

  subscribe(sink: DesiredStateSink, kinds: readonly DesiredKind[]): () => void {
    const subscriber: Subscriber = { sink, kinds, begun: false };
    this.#subscribers.add(subscriber);
    this.#want();
    queueMicrotask(() => this.#beginReady());
    return () => {
      this.#subscribers.delete(subscriber);
      this.#want();
    };
  }

  /** For the server to leave out. */
  known(kinds: readonly DesiredKind[]): Known[] {
    return kinds.flatMap((kind) =>
      [...(this.#objects.get(kind) ?? [])].flatMap(([key, { version, epoch }]) =>
        this.#renewing && epoch !== this.#epoch ? [] : [{ kind, key, version }],
      ),
    );
  }

  /** What the server tells; `kinds`: what it was asked for. */
  apply(batch: DesiredBatch, kinds: readonly DesiredKind[]): void {
    this.#kept?.append(batch);
    this.#take(batch);
    if (!batch.synced) return;
    for (const kind of this.#objects.keys()) if (!kinds.includes(kind as DesiredKind)) this.#objects.delete(kind);
    this.#complete = new Set(kinds);
    this.#kept?.completed([...kinds]);
    this.#settled = true;
    this.#beginReady();
  }

  /** The server cannot be reached: what was kept has to do. */
  unreachable(): void {
    this.#settled = true;
    this.#beginReady();
  }

  #take({ reset, changes, synced }: DesiredBatch): void {
    if (reset) {
      this.#epoch++;
      this.#renewing = true;
    }
    for (const change of changes) this.#change(change);
    if (!synced || !this.#renewing) return;
    this.#renewing = false;
    for (const [kind, entries] of this.#objects) {
      for (const [key, { epoch }] of entries) if (epoch !== this.#epoch) this.#remove(kind, key);
    }
  }

  #change({ kind, key, version, json }: Change): void {
    if (json.length === 0) {
      this.#remove(kind, key);
      return;
    }
    let entries = this.#objects.get(kind);
    if (!entries) {
      entries = new Map();
      this.#objects.set(kind, entries);
    }
    const text = json.toString();
    const before = this.#renewing ? entries.get(key) : undefined;
    if (before?.version === version && JSON.stringify(before.object) === text) {
      before.epoch = this.#epoch;
      return;
    }
    const object = JSON.parse(text) as KubeObject;
    entries.set(key, { object, version, epoch: this.#epoch });
    for (const { sink } of this.#listening(kind)) sink.set(kind as DesiredKind, object);
  }

  #remove(kind: string, key: string): void {
    if (!this.#objects.get(kind)?.delete(key)) return;
    for (const { sink } of this.#listening(kind)) sink.remove(kind as DesiredKind, splitKey(key));
  }

  *#listening(kind: string): Iterable<Subscriber> {
    for (const subscriber of this.#subscribers) {
      if (subscriber.begun && subscriber.kinds.includes(kind as DesiredKind)) yield subscriber;
    }
  }

  #beginReady(): void {
    if (!this.#settled) return;
    for (const subscriber of this.#subscribers) {
      if (!subscriber.begun && subscriber.kinds.every((kind) => this.#complete.has(kind))) this.#begin(subscriber);
    }
  }

  #begin(subscriber: Subscriber): void {
    const { sink, kinds } = subscriber;
    subscriber.begun = true;
    sink.reset();
    for (const kind of order) {
      if (!kinds.includes(kind)) continue;
      for (const { object } of this.#objects.get(kind)?.values() ?? []) sink.set(kind, object);
    }
    sink.synced();
  }

  #want(): void {
    const wanted = order.filter((kind) => [...this.#subscribers].some(({ kinds }) => kinds.includes(kind)));
    // What is wanted no more is still told: another connection would cost more than that.
    if (wanted.every((kind) => this.#wanted.includes(kind)) && wanted.length > 0) return;
    this.#wanted = wanted;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Subscriptions come in groups.
    setImmediate(() => {
      this.#scheduled = false;
      this.#changed();
    });
  }

  *#everything(): Iterable<Change> {
    for (const [kind, entries] of this.#objects) {
      for (const [key, { object, version }] of entries) {
        yield { kind, key, version, json: Buffer.from(JSON.stringify(object)) };
      }
    }
  }
}
