import type { Revision, StoreError, StoreEvent, WatchSink } from "../../src/store/types.ts";

/** Keeps what it is told. */
export class RecordingSink implements WatchSink {
  readonly batches: { events: readonly StoreEvent[]; through: Revision }[] = [];
  readonly errors: StoreError[] = [];

  get all(): StoreEvent[] {
    return this.batches.flatMap(({ events }) => [...events]);
  }

  get lines(): string[] {
    return this.all.map(({ type, key, revision }) => `${revision} ${type} ${key}`);
  }

  events(events: readonly StoreEvent[], through: Revision): void | Promise<void> {
    this.batches.push({ events, through });
  }

  ended(error: StoreError): void {
    this.errors.push(error);
  }
}
