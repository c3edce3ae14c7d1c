import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Entry, Store, StoreEvent, Watch } from "../../src/store/types.ts";
import { type Backend, backends, stamped, template } from "./backends.ts";
import { Model, type ModelEntry } from "./model.ts";

const keys = ["/a", "/a/1", "/a/2", "/a/1/x", "/b", "/\u{ff5e}", "/\u{1f600}"];
const prefixes = ["", "/", "/a", "/a/", "/a/1", "/b", "/zz", "/\u{1f600}"];

type Write = { op: "write"; kind: "create" | "update" | "delete"; key: string; stale: boolean };
type Step =
  | Write
  | { op: "burst"; writes: Write[] }
  | { op: "get"; key: string; at: number }
  | { op: "list"; prefix: string; at: number; limit: number }
  | { op: "watch"; prefix: string; at: number }
  | { op: "unwatch"; which: number }
  | { op: "compact"; at: number }
  | { op: "restart" };

/** Where in the log, from its beginning (0) to a little beyond its end; NaN: the newest. */
const place = fc.oneof(fc.double({ min: 0, max: 1.1, noNaN: true }), fc.constant(Number.NaN));
const write: fc.Arbitrary<Write> = fc.record({
  op: fc.constant("write" as const),
  kind: fc.constantFrom("create" as const, "update" as const, "delete" as const),
  key: fc.constantFrom(...keys),
  stale: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: write },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant("burst" as const), writes: fc.array(write, { maxLength: 12 }) }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("get" as const), key: fc.constantFrom(...keys), at: place }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("list" as const),
      prefix: fc.constantFrom(...prefixes),
      at: place,
      limit: fc.nat({ max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant("watch" as const), prefix: fc.constantFrom(...prefixes), at: place }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("unwatch" as const), which: fc.nat({ max: 9 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("compact" as const), at: place }) },
  { weight: 1, arbitrary: fc.constant({ op: "restart" as const }) },
);

interface Watching {
  readonly prefix: string;
  readonly after: number;
  readonly lines: string[];
  watch: Watch;
}

/** Drives a store and the model side by side. */
class Run {
  readonly #model = new Model();
  readonly #backend: Backend;
  #store: Store;
  #watching: Watching[] = [];
  #texts = 0;

  constructor(backend: Backend, store: Store) {
    this.#backend = backend;
    this.#store = store;
  }

  async step(step: Step): Promise<void> {
    if (step.op === "write") await this.#write(step);
    else if (step.op === "burst") await Promise.all(step.writes.map((write) => this.#write(write)));
    else if (step.op === "get") await this.#get(step.key, this.#at(step.at));
    else if (step.op === "list") await this.#list(step.prefix, this.#at(step.at), step.limit);
    else if (step.op === "watch") this.#watch(step.prefix, this.#at(step.at) ?? this.#model.revision);
    else if (step.op === "unwatch") for (const { watch } of this.#watching.splice(step.which, 1)) watch.close();
    else if (step.op === "compact") await this.#compact(this.#at(step.at) ?? this.#model.revision);
    else await this.#restart();
    expect([this.#store.revision, this.#store.compactedRevision]).toEqual([
      this.#model.revision,
      this.#model.compacted,
    ]);
    expect(this.#store.health().keys).toBe(this.#model.list("").length);
  }

  async finish(): Promise<void> {
    await this.#settled();
    await this.#list("", undefined, 0);
    for (let revision = this.#model.compacted; revision <= this.#model.revision; revision++)
      await this.#list("", revision, 0);
    for (const { watch } of this.#watching) watch.close();
    await this.#store.close();
  }

  #at(place: number): number | undefined {
    return Number.isNaN(place) ? undefined : Math.round(this.#model.revision * place);
  }

  /** The model decides when the call is made, as the store does; so a burst is decided in the order of the calls. */
  async #write({ kind, key, stale }: Write): Promise<void> {
    const text = `t${this.#texts++}`;
    const expected = stale ? 1 : (this.#model.get(key)?.modRevision ?? 1);
    const before = this.#model.get(key);
    const error = this.#model.write(kind, key, text, expected);
    const after = this.#model.revision;
    const done =
      kind === "create"
        ? this.#store.create(key, template(text))
        : kind === "update"
          ? this.#store.update(key, template(text), expected)
          : this.#store.delete(key, expected);
    if (error) {
      await expect(done).rejects.toMatchObject({ name: error });
      return;
    }
    same(await done, {
      key,
      text: kind === "delete" ? (before?.text ?? "") : text,
      createRevision: before?.createRevision ?? after,
      modRevision: after,
    });
  }

  async #get(key: string, revision: number | undefined): Promise<void> {
    const error = revision === undefined ? undefined : this.#model.unreadable(revision);
    if (error) await expect(this.#store.get(key, revision)).rejects.toMatchObject({ name: error });
    else same(await this.#store.get(key, revision), this.#model.get(key, revision));
  }

  async #list(prefix: string, revision: number | undefined, limit: number): Promise<void> {
    const at = revision === undefined ? {} : { revision };
    const error = revision === undefined ? undefined : this.#model.unreadable(revision);
    if (error) {
      await expect(this.#store.list({ prefix, ...at })).rejects.toMatchObject({ name: error });
      return;
    }
    const wanted = this.#model.list(prefix, revision);
    if (revision === undefined) expect(await this.#store.count(prefix)).toBe(wanted.length);
    const entries: Entry[] = [];
    for (let more = true; more; ) {
      const after = entries.at(-1)?.key;
      const page = await this.#store.list({ prefix, limit, ...at, ...(after === undefined ? {} : { after }) });
      entries.push(...page.entries);
      expect(page.revision).toBe(revision ?? this.#model.revision);
      expect(page.more).toBe(entries.length < wanted.length);
      more = page.more;
    }
    expect(entries).toHaveLength(wanted.length);
    for (const [i, entry] of entries.entries()) same(entry, wanted[i]);
  }

  #watch(prefix: string, after: number): void {
    if (after < this.#model.compacted) {
      expect(() => this.#open(prefix, after, [])).toThrow("compacted");
      return;
    }
    const lines: string[] = [];
    this.#watching.push({ prefix, after, lines, watch: this.#open(prefix, after, lines) });
  }

  #open(prefix: string, after: number, lines: string[]): Watch {
    return this.#store.watch(
      { prefix, after },
      {
        events: (batch) => void lines.push(...batch.map(lineOf)),
        ended: (error) => {
          if (error.name !== "StoreClosedError") lines.push(error.message);
        },
      },
    );
  }

  async #compact(revision: number): Promise<void> {
    if (revision > this.#model.revision) {
      await expect(this.#store.compact(revision)).rejects.toMatchObject({ name: "FutureRevisionError" });
      return;
    }
    // A watch that still reads what goes away would rightly be ended.
    await this.#settled();
    await this.#store.compact(revision);
    this.#model.compacted = Math.max(this.#model.compacted, revision);
  }

  /** Watches go on where they were, in the next life of the store. */
  async #restart(): Promise<void> {
    if (!this.#backend.reopen) return;
    await this.#settled();
    this.#store = await this.#backend.reopen(this.#store, { ring: { events: 5 } });
    for (const each of this.#watching) each.watch = this.#open(each.prefix, each.watch.through, each.lines);
  }

  async #settled(): Promise<void> {
    for (const { prefix, after, lines, watch } of this.#watching) {
      await vi.waitFor(() => expect(watch.through).toBeGreaterThanOrEqual(this.#model.revision), { interval: 1 });
      const wanted = this.#model.events.filter(({ key, revision }) => key.startsWith(prefix) && revision > after);
      expect(lines).toEqual(wanted.map(({ line }) => line));
    }
  }
}

function lineOf({ type, key, revision, createRevision, value, previous }: StoreEvent): string {
  expect(value.toString()).toContain(`"${revision}"`);
  const was = previous ? `${previous.modRevision} ${previous.value.toString()}` : "nothing";
  return `${type} ${key} ${createRevision} ${value.toString()} was ${was}`;
}

function same(entry: Entry | undefined, wanted: ModelEntry | undefined): void {
  expect(entry && [entry.key, entry.value.toString(), entry.createRevision, entry.modRevision]).toEqual(
    wanted && [wanted.key, stamped(wanted.text, wanted.modRevision), wanted.createRevision, wanted.modRevision],
  );
}

/** KL_MODEL_RUNS=1000 for a long search. */
const runs = (backend: Backend): number => Number(process.env.KL_MODEL_RUNS ?? (backend.reopen ? 8 : 80));

describe.each(backends())("the model: $name", (backend) => {
  afterEach(() => backend.cleanUp());

  test("random work, restarts and compactions give what the model gives", {
    timeout: 60_000 + 1000 * runs(backend),
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.constantFrom(5, 1000),
        async (steps, events) => {
          const run = new Run(backend, await backend.open({ ring: { events } }));
          for (const each of steps) await run.step(each);
          await run.finish();
        },
      ),
      { numRuns: runs(backend) },
    );
  });
});
