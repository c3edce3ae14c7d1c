import type { Violation } from "./checker.ts";
import type { HistoryRecord, Life } from "./history.ts";
import type { Timeline } from "./timeline.ts";

type Invoke = Extract<HistoryRecord, { t: "invoke" }>;

/**
 * Writes and reads against the log. Revisions are the order in which writes took effect, so the history is linearizable if
 * every write's revision lies between the store's revision when it was called and when it returned, every read shows the
 * state at a revision between those two, and every refusal was true at one.
 */
export function checkWrites(life: Life, timeline: Timeline): Violation[] {
  const found: Violation[] = [];
  const fail = (property: Violation["property"], message: string): void => void found.push({ property, message });
  const invoked = new Map<string, Invoke>();
  const acked = new Map<string, number>();
  const refused = new Set<string>();
  const logged = new Map(life.log.map((event) => [event[2], event]));
  let seen = life.revision;

  for (const record of life.records) {
    if (record.at < seen) fail("monotonic", `the revision went back from ${seen} to ${record.at}`);
    seen = record.at;
    if (record.t === "invoke") {
      invoked.set(record.op, record);
      continue;
    }
    if (record.t !== "acked" && record.t !== "refused" && record.t !== "read") continue;
    const call = invoked.get(record.op);
    if (!call) {
      fail("no-thin-air", `an answer to ${record.op}, which nobody asked`);
      continue;
    }
    const { kind, key, op, expected } = call;
    if (record.t === "acked") {
      acked.set(op, record.revision);
      const event = logged.get(record.revision);
      if (event?.[1] !== key || event[0] !== kind || (kind !== "delete" && event[4] !== op)) {
        fail(
          "durable",
          `${kind} ${op} of ${key} was acknowledged with revision ${record.revision}, the log has ${event}`,
        );
      }
      if (record.revision <= call.at || record.revision > record.at) {
        fail("linearizable", `${op} took effect at ${record.revision}, called at ${call.at}, returned at ${record.at}`);
      }
    } else if (record.t === "refused") {
      refused.add(op);
      const justified = timeline.ever(key, call.at, record.at, (entry) => {
        if (record.error === "KeyExistsError") return entry !== undefined;
        if (record.error === "KeyNotFoundError") return entry === undefined;
        if (record.error === "ConflictError")
          return entry !== undefined && entry[1] !== expected && entry[1] === record.current;
        return true;
      });
      if (!justified)
        fail(
          "linearizable",
          `${op} was refused with ${record.error}, which was not so from ${call.at} to ${record.at}`,
        );
    } else {
      const state =
        kind === "list"
          ? timeline.state(key, record.revision)
          : [timeline.at(key, record.revision)].filter((entry) => entry);
      const justified =
        expected >= 0
          ? record.revision === expected && same(state, record.entries)
          : kind === "list"
            ? record.revision >= call.at && record.revision <= record.at && same(state, record.entries)
            : timeline.ever(key, call.at, record.at, (entry) => same(entry ? [entry] : [], record.entries));
      if (!justified)
        fail("linearizable", `${kind} of ${key} at ${record.revision} shows ${JSON.stringify(record.entries)}`);
    }
  }
  checkLog(life, timeline, { invoked, refused, acked }, fail);
  return found;
}

interface Calls {
  readonly invoked: ReadonlyMap<string, Invoke>;
  readonly refused: ReadonlySet<string>;
  readonly acked: ReadonlyMap<string, number>;
}

/** The log itself: one unbroken chain for every key, made of writes that were asked for and not refused. */
function checkLog(
  life: Life,
  timeline: Timeline,
  calls: Calls,
  fail: (property: Violation["property"], message: string) => void,
): void {
  let last = life.revision;
  const used = new Set<string>();
  // A delete leaves no text of its own: it is known by the key and the revision that it expected.
  const deletes = new Map<string, Invoke>();
  for (const call of calls.invoked.values()) {
    if (call.kind === "delete" && !calls.refused.has(call.op)) deletes.set(`${call.key} ${call.expected}`, call);
  }
  for (const [type, key, revision, createRevision, text, previousRevision, previousText] of life.log) {
    if (revision <= last) fail("monotonic", `revision ${revision} comes after ${last} in the log`);
    last = revision;
    const before = timeline.before(key, revision);
    if ((before?.[1] ?? 0) !== previousRevision || (before?.[3] ?? "") !== previousText) {
      fail("chain", `revision ${revision} of ${key} follows ${previousRevision}, but ${before} stood there`);
    }
    if (createRevision !== (type === "create" ? revision : before?.[2]))
      fail("chain", `revision ${revision} has a wrong createRevision`);
    const call = type === "delete" ? deletes.get(`${key} ${previousRevision}`) : calls.invoked.get(text);
    if (call?.kind !== type || call.key !== key) {
      fail("no-thin-air", `revision ${revision} of ${key}: nobody wrote ${type} ${text}`);
      continue;
    }
    if (used.has(call.op)) fail("no-thin-air", `${call.op} took effect twice`);
    used.add(call.op);
    if (calls.refused.has(call.op))
      fail("refused-stays-out", `${call.op} was refused and is in the log at ${revision}`);
    const expected = type === "create" ? 0 : call.expected;
    if (expected !== previousRevision)
      fail("compare-and-swap", `${call.op} expected ${expected} and replaced ${previousRevision}`);
  }
  if (life.endRevision < last) fail("monotonic", `the store restarted at ${life.endRevision}, its log ends at ${last}`);
  if (!same(timeline.state("", life.endRevision), life.endEntries)) {
    fail("durable", "the state after the restart is not what the log adds up to");
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
