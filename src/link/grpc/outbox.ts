/**
 * What an agent is still to be told, object by object: the latest of each, so that a slow agent costs the server a list of
 * objects that the informers hold anyway, never a queue of all that happened.
 */
import type { DesiredKind, DesiredStateSink } from "../../../proto/agent.ts";
import type { Change, Known } from "../../../proto/wire/messages.ts";
import { type KubeObject, keyOf } from "../../machinery/meta/object.ts";
import type { ObjectBytesCache } from "./object-bytes.ts";

interface Pending {
  readonly kind: DesiredKind;
  readonly key: string;
  /** Undefined: it is gone. */
  readonly object: KubeObject | undefined;
}

/** They refer to others, which must be told before them. */
const lastOfAll: ReadonlySet<DesiredKind> = new Set<DesiredKind>(["pods", "networkpolicies"]);
const nothing = Buffer.alloc(0);

export class Outbox implements DesiredStateSink {
  readonly #bytes: ObjectBytesCache;
  readonly #filled: () => void;
  readonly #pending = new Map<string, Pending>();
  /** What the agent has, until the first picture is complete. */
  #known: Map<string, Known> | undefined;
  #newest = 0;
  #reset = false;
  #synced = false;

  /** `filled` is called after changes, often many times in a turn. */
  constructor(known: readonly Known[], bytes: ObjectBytesCache, filled: () => void) {
    this.#known = new Map(known.map((one) => [`${one.kind} ${one.key}`, one]));
    this.#bytes = bytes;
    this.#filled = filled;
  }

  reset(): void {
    this.#pending.clear();
  }

  set(kind: DesiredKind, object: KubeObject): void {
    const key = keyOf(object);
    const id = `${kind} ${key}`;
    if (this.#known) this.#newest = Math.max(this.#newest, Number(object.metadata.resourceVersion ?? 0));
    if (lastOfAll.has(kind) || this.#pending.get(id)?.object === undefined) this.#pending.delete(id);
    this.#pending.set(id, { kind, key, object });
    if (this.#synced) this.#filled();
  }

  remove(kind: DesiredKind, { namespace, name }: { readonly namespace: string; readonly name: string }): void {
    const key = namespace ? `${namespace}/${name}` : name;
    const id = `${kind} ${key}`;
    this.#pending.delete(id);
    this.#pending.set(id, { kind, key, object: undefined });
    if (this.#synced) this.#filled();
  }

  synced(): void {
    const known = this.#known ?? new Map<string, Known>();
    this.#known = undefined;
    // An agent that has seen what this server has not yet written has seen another history.
    this.#reset = [...known.values()].some(({ version }) => /^\d+$/.test(version) && Number(version) > this.#newest);
    if (!this.#reset) this.#leaveOut(known);
    this.#synced = true;
    this.#filled();
  }

  /** The first picture is in here, or has been taken. */
  get isSynced(): boolean {
    return this.#synced;
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /** Once: everything comes again. */
  takeReset(): boolean {
    const reset = this.#reset;
    this.#reset = false;
    return reset;
  }

  /** The next changes, of at least so many bytes unless there are no more. */
  take(bytes: number): Change[] {
    const changes: Change[] = [];
    let size = 0;
    for (const [id, { kind, key, object }] of this.#pending) {
      if (size >= bytes) break;
      this.#pending.delete(id);
      const { json, version } = object ? this.#bytes.bytesOf(object) : { json: nothing, version: "" };
      changes.push({ kind, key, version, json });
      size += json.length + key.length + 32;
    }
    return changes;
  }

  /** Of what the agent has: what it has right is not told again, what is not there any more is gone. */
  #leaveOut(known: Map<string, Known>): void {
    for (const [id, { kind, key, version }] of known) {
      const object = this.#pending.get(id)?.object;
      if (!object) this.#pending.set(id, { kind: kind as DesiredKind, key, object: undefined });
      else if (this.#bytes.versionOf(object) === version) this.#pending.delete(id);
    }
  }
}
