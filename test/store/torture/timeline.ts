import type { EntryRecord, EventRecord, Life } from "./history.ts";

interface Version {
  readonly from: number;
  /** Undefined: deleted. */
  readonly entry: EntryRecord | undefined;
}

/** The state at every revision of a life, from the state it began with and its log. */
export class Timeline {
  readonly #versions = new Map<string, Version[]>();
  readonly events: readonly EventRecord[];

  constructor(life: Life) {
    this.events = life.log;
    for (const entry of life.entries) this.#versions.set(entry[0], [{ from: entry[1], entry }]);
    for (const [type, key, revision, createRevision, text] of life.log) {
      const versions = this.#versions.get(key) ?? [];
      versions.push({ from: revision, entry: type === "delete" ? undefined : [key, revision, createRevision, text] });
      this.#versions.set(key, versions);
    }
  }

  at(key: string, revision: number): EntryRecord | undefined {
    return this.#versions.get(key)?.findLast(({ from }) => from <= revision)?.entry;
  }

  before(key: string, revision: number): EntryRecord | undefined {
    return this.at(key, revision - 1);
  }

  /** Whether something holds of the key's state at any revision from `low` to `high`. */
  ever(key: string, low: number, high: number, holds: (entry: EntryRecord | undefined) => boolean): boolean {
    if (holds(this.at(key, low))) return true;
    return (this.#versions.get(key) ?? []).some(({ from, entry }) => from > low && from <= high && holds(entry));
  }

  state(prefix: string, revision: number): EntryRecord[] {
    return [...this.#versions.keys()]
      .filter((key) => key.startsWith(prefix))
      .toSorted()
      .flatMap((key) => {
        const entry = this.at(key, revision);
        return entry ? [entry] : [];
      });
  }
}
