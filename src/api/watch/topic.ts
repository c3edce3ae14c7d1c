import {
  type Revision,
  type Store,
  StoreClosedError,
  type StoreError,
  type StoreEvent,
  type Watch,
} from "../../store/types.ts";
import type { Resource } from "../registry/resource.ts";
import { changesOf, type Scope } from "./changes.ts";
import type { WatchFormat } from "./format.ts";

/** Takes what a view has encoded; never called again after `leave`. */
export interface Subscriber<C> {
  deliver(chunk: C): void;
  ended(error: StoreError): void;
}

/** Watchers that see the same: the same part of the keys, selection, version and format. Encoded once for all of them. */
interface View {
  readonly subscribers: Set<Subscriber<never>>;
  send(events: readonly StoreEvent[]): void;
}

/** A subscriber who has read the store further than the topic has delivered: it skips what it knows. */
interface Ahead {
  readonly after: Revision;
  catchUp(events: readonly StoreEvent[]): void;
  ended(error: StoreError): void;
}

const ringSize = 1024;

export interface TopicHooks {
  /** The store has come as far as this revision. */
  delivered(through: Revision): void;
  /** The store ended the watch; the topic is of no more use. */
  ended(): void;
}

/**
 * The live events of one kind: one watch on the store, however many watchers there are. Keeps the last events, so that a
 * watcher that listed a moment ago joins without reading history.
 */
export class Topic {
  readonly #watch: Watch;
  readonly #views = new Map<string, View>();
  readonly #ahead = new Set<Ahead>();
  #ring: StoreEvent[] = [];
  #delivered: Revision;
  #over: StoreError | undefined;
  /** Every event after this revision is in the ring. */
  #floor: Revision;
  readonly #hooks: TopicHooks;
  #watchers = 0;
  readonly #sent: Map<Resource, number>;

  constructor(store: Store, prefix: string, sent: Map<Resource, number>, hooks: TopicHooks) {
    this.#sent = sent;
    this.#hooks = hooks;
    this.#floor = store.revision;
    this.#delivered = this.#floor;
    this.#watch = store.watch(
      { prefix, after: this.#floor },
      { events: (batch, through) => this.#events(batch, through), ended: (error) => this.#ended(error) },
    );
  }

  /** Everything up to here was delivered to all subscribers. */
  get through(): Revision {
    return this.#watch.through;
  }

  get watchers(): number {
    return this.#watchers;
  }

  /** Whether a watcher that has seen everything up to `after` can join. */
  reaches(after: Revision): boolean {
    return after >= this.#floor;
  }

  /** Delivers what came after `after`, then everything that comes. Returns the function that leaves. */
  join<C>(scope: Scope, format: WatchFormat<C>, after: Revision, subscriber: Subscriber<C>): () => void {
    const { resource } = scope;
    if (this.#over) {
      subscriber.ended(this.#over);
      return () => undefined;
    }
    const key = `${resource.apiVersion}|${scope.prefix}|${scope.selection.text}|${format.id}`;
    const deliverAfter = (events: readonly StoreEvent[]): void => {
      const changes = changesOf(
        events.filter((event) => event.revision > after),
        scope,
      );
      if (changes.length > 0) subscriber.deliver(format.encode(resource, changes));
    };
    const enter = (): void => {
      const view = this.#views.get(key) ?? newView(scope, format, this.#sent);
      this.#views.set(key, view);
      view.subscribers.add(subscriber as Subscriber<never>);
    };
    const ahead: Ahead = {
      after,
      catchUp: (events) => {
        enter();
        deliverAfter(events);
      },
      ended: (error) => subscriber.ended(error),
    };
    if (after > this.#delivered) this.#ahead.add(ahead);
    else {
      enter();
      deliverAfter(this.#ring);
    }
    this.#watchers++;
    let left = false;
    return () => {
      if (!left) this.#watchers--;
      left = true;
      this.#ahead.delete(ahead);
      const view = this.#views.get(key);
      view?.subscribers.delete(subscriber as Subscriber<never>);
      if (view?.subscribers.size === 0) this.#views.delete(key);
    };
  }

  /** Lets go of the events up to `revision`: who has not seen them reads them in the store's history. */
  forget(revision: Revision): void {
    const kept = this.#ring.findIndex((event) => event.revision > revision);
    this.#drop(kept < 0 ? this.#ring.length : kept);
  }

  /** Ends all watchers as a closing store does. */
  close(): void {
    this.#watch.close();
    this.#ended(new StoreClosedError());
  }

  #events(batch: readonly StoreEvent[], through: Revision): void {
    for (const event of batch) this.#ring.push(event);
    if (this.#ring.length > 2 * ringSize) this.#drop(this.#ring.length - ringSize);
    this.#delivered = through;
    for (const view of this.#views.values()) view.send(batch);
    for (const ahead of this.#ahead) {
      if (ahead.after > through) continue;
      this.#ahead.delete(ahead);
      ahead.catchUp(batch);
    }
    this.#hooks.delivered(through);
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#floor = this.#ring[count - 1]?.revision ?? this.#floor;
    this.#ring = this.#ring.slice(count);
  }

  #ended(error: StoreError): void {
    this.#over = error;
    this.#hooks.ended();
    for (const { subscribers } of this.#views.values()) {
      for (const subscriber of [...subscribers]) subscriber.ended(error);
    }
    for (const ahead of [...this.#ahead]) ahead.ended(error);
  }
}

function newView<C>(scope: Scope, format: WatchFormat<C>, sent: Map<Resource, number>): View {
  const subscribers = new Set<Subscriber<C>>();
  return {
    subscribers: subscribers as Set<Subscriber<never>>,
    send(events) {
      const changes = changesOf(events, scope);
      if (changes.length === 0) return;
      const chunk = format.encode(scope.resource, changes);
      sent.set(scope.resource, (sent.get(scope.resource) ?? 0) + changes.length * subscribers.size);
      for (const subscriber of subscribers) subscriber.deliver(chunk);
    },
  };
}
