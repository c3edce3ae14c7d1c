import { stamped } from "./backends.ts";

export interface ModelEntry {
  readonly key: string;
  readonly text: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

/** The store as one would write it without a disk, threads or speed: every state that ever was, and what led to it. */
export class Model {
  readonly #states: ReadonlyMap<string, ModelEntry>[] = [new Map()];
  readonly events: { key: string; revision: number; line: string }[] = [];
  compacted = 0;

  get revision(): number {
    return this.#states.length - 1;
  }

  /** The name of the error that the write deserves, or undefined: then it has taken effect. */
  write(kind: "create" | "update" | "delete", key: string, text: string, expected: number): string | undefined {
    const before = this.get(key);
    if (kind === "create" && before) return "KeyExistsError";
    if (kind !== "create" && !before) return "KeyNotFoundError";
    if (kind !== "create" && before?.modRevision !== expected) return "ConflictError";
    const revision = this.revision + 1;
    const state = new Map(this.#states.at(-1));
    const entry = {
      key,
      text: kind === "delete" ? (before?.text ?? "") : text,
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
    };
    if (kind === "delete") state.delete(key);
    else state.set(key, entry);
    this.#states.push(state);
    const was = before ? `${before.modRevision} ${stamped(before.text, before.modRevision)}` : "nothing";
    const line = `${kind} ${key} ${entry.createRevision} ${stamped(entry.text, revision)} was ${was}`;
    this.events.push({ key, revision, line });
    return undefined;
  }

  /** The name of the error that reading this revision deserves. */
  unreadable(revision: number): string | undefined {
    if (revision < this.compacted) return "CompactedError";
    return revision > this.revision ? "FutureRevisionError" : undefined;
  }

  get(key: string, revision = this.revision): ModelEntry | undefined {
    return this.#states[revision]?.get(key);
  }

  list(prefix: string, revision = this.revision): ModelEntry[] {
    return [...(this.#states[revision]?.values() ?? [])]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }
}
