import type { Logger } from "../../../machinery/logger.ts";
import { type Revision, type Store, StoreClosedError, type StoreEvent, type Watch } from "../../../store/types.ts";
import { parsedOf } from "../../serialize/parsed.ts";
import type { Policy, PolicyKind } from "./policy.ts";

const kinds: readonly PolicyKind[] = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];

/** Keeps a policy in step with the store, as the writes become durable. */
export class PolicyWatch {
  readonly #store: Store;
  readonly #policy: Policy;
  readonly #log: Logger;
  readonly #watches = new Map<PolicyKind, Watch>();
  /** What was read of each kind: an object that is gone when a kind is read again is taken out. */
  readonly #known = new Map<PolicyKind, Set<string>>();
  readonly #changed: (kind: PolicyKind) => void;
  #closed = false;

  /** `changed` is told after a change of a kind is in the policy. */
  constructor(store: Store, policy: Policy, log: Logger, changed: (kind: PolicyKind) => void) {
    this.#store = store;
    this.#policy = policy;
    this.#log = log;
    this.#changed = changed;
  }

  /** Resolves when all that exists is in the policy. */
  async start(): Promise<void> {
    await Promise.all(kinds.map((kind) => this.#follow(kind)));
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches.values()) watch.close();
  }

  async #follow(kind: PolicyKind): Promise<void> {
    const prefix = `/registry/${kind}/`;
    const { entries, revision } = await this.#store.list({ prefix });
    if (this.#closed) return;
    const known = this.#known.get(kind) ?? new Set<string>();
    this.#known.set(kind, known);
    const gone = new Set(known);
    for (const { key, value } of entries) {
      const name = key.slice(prefix.length);
      gone.delete(name);
      known.add(name);
      this.#policy.set(kind, name, parsedOf(value));
    }
    for (const name of gone) {
      known.delete(name);
      this.#policy.set(kind, name, undefined);
    }
    this.#watch(kind, prefix, known, revision);
    this.#changed(kind);
  }

  #watch(kind: PolicyKind, prefix: string, known: Set<string>, after: Revision): void {
    const events = (batch: readonly StoreEvent[]): void => {
      for (const { type, key, value } of batch) {
        const name = key.slice(prefix.length);
        if (type === "delete") known.delete(name);
        else known.add(name);
        this.#policy.set(kind, name, type === "delete" ? undefined : parsedOf(value));
      }
      if (batch.length > 0) this.#changed(kind);
    };
    const ended = (error: Error): void => {
      if (this.#closed || error instanceof StoreClosedError) return;
      this.#log.warn({ err: error, kind }, "the watch on the policy ended; the policy is read again");
      this.#follow(kind).catch((err: unknown) => this.#log.error({ err, kind }, "the policy could not be read"));
    };
    this.#watches.set(kind, this.#store.watch({ prefix, after }, { events, ended }));
  }
}
