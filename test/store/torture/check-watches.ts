import type { Violation } from "./checker.ts";
import type { EventRecord, HistoryRecord, Life } from "./history.ts";
import type { Timeline } from "./timeline.ts";

type Opened = Extract<HistoryRecord, { t: "watch" }>;

interface Delivered {
  readonly opened: Opened;
  readonly events: EventRecord[];
  /** The highest revision that a call's `through` or a bookmark has promised. */
  promised: number;
  last: number;
}

/** The properties that etcd's robustness tests name (tests/robustness/validate/watch.go), for every watch of a life. */
export function checkWatches(life: Life, timeline: Timeline): Violation[] {
  const found: Violation[] = [];
  const fail = (property: Violation["property"], watch: string, message: string): void =>
    void found.push({ property, message: `watch ${watch}: ${message}` });
  const watches = new Map<string, Delivered>();
  for (const record of life.records) {
    if (record.t === "watch") {
      watches.set(record.watch, { opened: record, events: [], promised: record.after, last: record.after });
    } else if (record.t === "events" || record.t === "bookmark") {
      const watch = watches.get(record.watch);
      if (!watch) fail("resumable", record.watch, "delivers before it was opened");
      else deliver(watch, record, (property, message) => fail(property, record.watch, message));
    }
  }
  const logged = new Map(life.log.map((event) => [event[2], event]));
  for (const [name, watch] of watches) {
    // What came before this life began was judged in the life in which it happened.
    const complain = (property: Violation["property"], message: string): void => fail(property, name, message);
    for (const event of watch.events) if (event[2] > life.revision) checkEvent(event, logged, timeline, complain);
    checkComplete(watch, life, complain);
  }
  return found;
}

function deliver(
  watch: Delivered,
  record: Extract<HistoryRecord, { t: "events" | "bookmark" }>,
  fail: (property: Violation["property"], message: string) => void,
): void {
  const promisedBefore = watch.promised;
  const batchBegan = watch.last;
  if (record.t === "events") {
    for (const event of record.events) {
      const revision = event[2];
      if (!event[1].startsWith(watch.opened.prefix))
        fail("filtered", `${event[1]} is not under ${watch.opened.prefix}`);
      if (watch.events.some((other) => other[2] === revision)) fail("unique", `revision ${revision} came twice`);
      else if (revision < watch.last) fail("ordered", `revision ${revision} after ${watch.last}`);
      if (revision <= watch.opened.after)
        fail("resumable", `revision ${revision}, asked for after ${watch.opened.after}`);
      if (revision <= batchBegan && batchBegan > watch.opened.after)
        fail("atomic", `revision ${revision} in a later call`);
      if (revision <= promisedBefore && promisedBefore > watch.opened.after) {
        fail("bookmarkable", `revision ${revision} after a bookmark at ${promisedBefore}`);
      }
      if (revision > record.at) fail("durable", `revision ${revision} while the store stood at ${record.at}`);
      watch.events.push(event);
      watch.last = Math.max(watch.last, revision);
    }
    if (record.through < watch.last) fail("bookmarkable", `through ${record.through} with revision ${watch.last}`);
  }
  if (record.through > record.at && record.through > watch.opened.after) {
    fail("bookmarkable", `through ${record.through} while the store stood at ${record.at}`);
  }
  watch.promised = Math.max(watch.promised, record.through);
}

function checkEvent(
  event: EventRecord,
  logged: ReadonlyMap<number, EventRecord>,
  timeline: Timeline,
  fail: (property: Violation["property"], message: string) => void,
): void {
  const [type, key, revision, createRevision, text, previousRevision, previousText] = event;
  const truth = logged.get(revision);
  if (truth?.[1] !== key || truth[4] !== text || (truth[0] === "delete") !== (type === "delete")) {
    fail("durable", `delivered ${event}, the log has ${truth}`);
    return;
  }
  const before = timeline.before(key, revision);
  if (previousRevision !== (before?.[1] ?? 0) || previousText !== (before?.[3] ?? "")) {
    fail(
      "previous-value",
      `revision ${revision} says it replaced ${previousRevision} ${previousText}, it was ${before}`,
    );
  }
  if ((type === "create") !== (before === undefined) || (type === "create") !== (createRevision === revision)) {
    fail("is-create", `revision ${revision} is told as ${type} with createRevision ${createRevision}`);
  }
}

/** Every event under the prefix up to what was promised is there; what is missing tells by its place what broke. */
function checkComplete(
  watch: Delivered,
  life: Life,
  fail: (property: Violation["property"], message: string) => void,
): void {
  const { opened, events, promised } = watch;
  const delivered = new Set(events.map((event) => event[2]));
  const first = events[0]?.[2] ?? Number.POSITIVE_INFINITY;
  for (const [, key, revision] of life.log) {
    if (!key.startsWith(opened.prefix) || revision <= opened.after || delivered.has(revision)) continue;
    if (revision < first && first <= watch.last)
      fail("resumable", `opened after ${opened.after}, revision ${revision} is missing`);
    else if (revision < watch.last)
      fail("reliable", `revision ${revision} is missing between ${first} and ${watch.last}`);
    else if (revision <= promised) fail("bookmarkable", `revision ${revision} is missing, through was ${promised}`);
  }
}
