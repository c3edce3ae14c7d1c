import { StoreClosedError, type StoreError, StoreUnavailableError } from "../types.ts";
import type { RevisionLog } from "./log.ts";
import type { Write } from "./row.ts";

/** A write whose caller waits for the disk. */
export interface WaitingWrite extends Write {
  readonly accept: () => void;
  readonly refuse: (error: StoreError) => void;
}

/** A group of writes for one transaction. */
interface CommitGroup {
  readonly writes: WaitingWrite[];
  /** Callers that lost against a write of this group: told so when that write is durable. */
  readonly losers: { tell: () => void; refuse: (error: StoreError) => void }[];
}

export interface CommitQueueOptions {
  readonly log: RevisionLog;
  /** Groups under way at once: while one is being synced the next one is already with the writer. */
  readonly depth: number;
  /** A group is durable: make it visible. Called before any of its callers is told. */
  readonly committed: (writes: readonly WaitingWrite[]) => void;
  /** The disk refused: everything undecided is void. */
  readonly failed: (error: StoreUnavailableError) => void;
}

/**
 * Collects the writes of one turn of the event loop (and, while `depth` groups are under way, of many) into one
 * transaction, so that they share one sync of the disk.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #open: CommitGroup = { writes: [], losers: [] };
  readonly #underWay: CommitGroup[] = [];
  #scheduled = false;
  readonly #idle: (() => void)[] = [];

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  add(write: WaitingWrite): void {
    this.#open.writes.push(write);
    this.#schedule();
  }

  /** Tells a loser once everything added so far is durable. */
  afterwards(tell: () => void, refuse: (error: StoreError) => void): void {
    const group = this.#open.writes.length > 0 ? this.#open : (this.#underWay.at(-1) ?? this.#open);
    group.losers.push({ tell, refuse });
    this.#schedule();
  }

  /** Resolves when nothing is open or under way. */
  async drain(): Promise<void> {
    while (this.#open.writes.length > 0 || this.#underWay.length > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay.length >= this.#options.depth) return;
    this.#scheduled = true;
    // An immediate runs after all the requests that this turn's poll brought: they share the group.
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#open.writes.length === 0) {
      settle(this.#open.losers);
      this.#open = { writes: [], losers: [] };
      return;
    }
    if (this.#underWay.length >= this.#options.depth) return;
    const group = this.#open;
    this.#open = { writes: [], losers: [] };
    this.#underWay.push(group);
    this.#options.log.append(group.writes).then(
      () => this.#committed(group),
      (error: unknown) => this.#failed(group, error),
    );
  }

  #committed(group: CommitGroup): void {
    this.#underWay.shift();
    this.#options.committed(group.writes);
    for (const write of group.writes) write.accept();
    settle(group.losers);
    this.#next();
  }

  #failed(group: CommitGroup, cause: unknown): void {
    // A group decided on top of one that failed was refused together with it.
    if (!this.#underWay.includes(group)) return;
    const error = asUnavailable(cause);
    const refused = [...this.#underWay.splice(0), this.#open];
    this.#open = { writes: [], losers: [] };
    this.#options.failed(error);
    for (const { writes, losers } of refused) {
      for (const waiting of [...writes, ...losers]) waiting.refuse(error);
    }
    this.#next();
  }

  #next(): void {
    if (this.#open.writes.length > 0 || this.#open.losers.length > 0) this.#schedule();
    if (this.#open.writes.length === 0 && this.#underWay.length === 0) for (const wake of this.#idle.splice(0)) wake();
  }
}

function settle(losers: CommitGroup["losers"]): void {
  for (const loser of losers.splice(0)) loser.tell();
}

function asUnavailable(cause: unknown): StoreUnavailableError {
  if (cause instanceof StoreUnavailableError) return cause;
  if (cause instanceof StoreClosedError)
    return new StoreUnavailableError("io", "the store's writer has stopped", { cause });
  return new StoreUnavailableError("io", cause instanceof Error ? cause.message : String(cause), { cause });
}
