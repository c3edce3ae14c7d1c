import { expect, test } from "vitest";
import { check } from "./checker.ts";
import type { EventRecord, HistoryRecord, Life } from "./history.ts";

/** A life without fault: two writers, a conflict, a delete, reads, and a watch that is resumed. */
function good(): { -readonly [K in keyof Life]: Life[K] } & { records: HistoryRecord[]; log: EventRecord[] } {
  const log: EventRecord[] = [
    ["create", "/a/1", 11, 11, "w1", 0, ""],
    ["update", "/a/1", 12, 11, "w2", 11, "w1"],
    ["create", "/b/1", 13, 13, "w4", 0, ""],
    ["delete", "/a/1", 14, 11, "w2", 12, "w2"],
    ["update", "/a/0", 15, 5, "w6", 5, "old"],
    // Not acknowledged when the life ended.
    ["create", "/a/1", 16, 16, "w7", 0, ""],
  ];
  const records: HistoryRecord[] = [
    { t: "watch", watch: "x", prefix: "/a/", after: 10, at: 10 },
    { t: "invoke", op: "w1", kind: "create", key: "/a/1", expected: 0, at: 10 },
    { t: "events", watch: "x", events: log.slice(0, 1), through: 11, at: 11 },
    { t: "acked", op: "w1", revision: 11, at: 11 },
    { t: "invoke", op: "w2", kind: "update", key: "/a/1", expected: 11, at: 11 },
    { t: "invoke", op: "w3", kind: "update", key: "/a/1", expected: 11, at: 11 },
    { t: "invoke", op: "w4", kind: "create", key: "/b/1", expected: 0, at: 11 },
    { t: "events", watch: "x", events: log.slice(1, 2), through: 13, at: 13 },
    { t: "acked", op: "w2", revision: 12, at: 13 },
    { t: "refused", op: "w3", error: "ConflictError", current: 12, at: 13 },
    { t: "acked", op: "w4", revision: 13, at: 13 },
    { t: "bookmark", watch: "x", through: 13, at: 13 },
    { t: "watch", watch: "y", prefix: "/a/", after: 11, at: 13 },
    { t: "events", watch: "y", events: log.slice(1, 2), through: 13, at: 13 },
    { t: "invoke", op: "r1", kind: "list", key: "/a/", expected: -1, at: 13 },
    {
      t: "read",
      op: "r1",
      revision: 13,
      entries: [
        ["/a/0", 5, 5, "old"],
        ["/a/1", 12, 11, "w2"],
      ],
      at: 13,
    },
    { t: "invoke", op: "w5", kind: "delete", key: "/a/1", expected: 12, at: 13 },
    { t: "invoke", op: "w6", kind: "update", key: "/a/0", expected: 5, at: 13 },
    { t: "events", watch: "y", events: log.slice(3, 5), through: 15, at: 15 },
    { t: "acked", op: "w5", revision: 14, at: 15 },
    { t: "acked", op: "w6", revision: 15, at: 15 },
    { t: "invoke", op: "r2", kind: "get", key: "/a/1", expected: 13, at: 15 },
    { t: "read", op: "r2", revision: 13, entries: [["/a/1", 12, 11, "w2"]], at: 15 },
    { t: "invoke", op: "w7", kind: "create", key: "/a/1", expected: 0, at: 15 },
    { t: "invoke", op: "w8", kind: "create", key: "/b/2", expected: 0, at: 15 },
  ];
  return {
    revision: 10,
    entries: [["/a/0", 5, 5, "old"]],
    records,
    log,
    endRevision: 16,
    endEntries: [
      ["/a/0", 15, 5, "w6"],
      ["/a/1", 16, 16, "w7"],
      ["/b/1", 13, 13, "w4"],
    ],
  };
}

type Good = ReturnType<typeof good>;
type Events = Extract<HistoryRecord, { t: "events" }>;

const calls = (life: Good, watch: string): Events[] =>
  life.records.filter((record): record is Events => record.t === "events" && record.watch === watch);
const nth = (life: Good, watch: string, call: number): Events => {
  const found = calls(life, watch)[call];
  if (!found) throw new Error("no such call");
  return found;
};
const change = (life: Good, t: HistoryRecord["t"], op: string, fields: object): void => {
  const at = life.records.findIndex((record) => record.t === t && "op" in record && record.op === op);
  if (at < 0) throw new Error(`no ${t} of ${op}`);
  life.records[at] = { ...life.records[at], ...fields } as HistoryRecord;
};
const alter = (event: EventRecord | undefined, fields: Record<number, unknown>): EventRecord =>
  Object.assign([...(event ?? [])], fields) as EventRecord;

test("a life without fault passes", () => {
  expect(check(good())).toEqual([]);
});

const faults: [name: string, property: string, plant: (life: Good) => void][] = [
  [
    "an acknowledged write is gone from the log and the state",
    "durable",
    (life) => {
      life.log.splice(2, 1);
      life.endEntries = life.endEntries.filter(([key]) => key !== "/b/1");
    },
  ],
  [
    "an acknowledged write is in the log with another text",
    "durable",
    (life) => {
      life.log[2] = alter(life.log[2], { 4: "w8" });
    },
  ],
  [
    "the state after the restart lacks a key",
    "durable",
    (life) => {
      life.endEntries = life.endEntries.slice(1);
    },
  ],
  [
    "a value came back torn",
    "durable",
    (life) => {
      life.endEntries = life.endEntries.map((e) => [e[0], e[1], e[2], "torn: …"]);
    },
  ],
  [
    "a refused write is in the log",
    "refused-stays-out",
    (life) => life.records.push({ t: "refused", op: "w7", error: "StoreUnavailableError", at: 15 }),
  ],
  [
    "the log has a write that nobody asked for",
    "no-thin-air",
    (life) => life.log.push(["create", "/c", 17, 17, "ghost", 0, ""]),
  ],
  ["a write took effect twice", "no-thin-air", (life) => life.log.push(["create", "/a/9", 17, 17, "w1", 0, ""])],
  [
    "an answer to nothing",
    "no-thin-air",
    (life) => life.records.push({ t: "acked", op: "none", revision: 16, at: 16 }),
  ],
  [
    "a revision was given twice",
    "monotonic",
    (life) => {
      life.log[2] = alter(life.log[2], { 2: 12, 3: 12 });
    },
  ],
  [
    "the store's revision went back",
    "monotonic",
    (life) => life.records.push({ t: "bookmark", watch: "y", through: 12, at: 12 }),
  ],
  [
    "the store restarted below its log",
    "monotonic",
    (life) => {
      life.endRevision = 15;
    },
  ],
  [
    "a link of a key's chain is wrong",
    "chain",
    (life) => {
      life.log[3] = alter(life.log[3], { 5: 11, 6: "w1" });
    },
  ],
  [
    "a swap succeeded against another revision",
    "compare-and-swap",
    (life) => change(life, "invoke", "w2", { expected: 10 }),
  ],
  ["a write took effect before it was called", "linearizable", (life) => change(life, "invoke", "w5", { at: 14 })],
  ["a write took effect after it returned", "linearizable", (life) => change(life, "acked", "w2", { at: 11 })],
  ["a refusal that was not so", "linearizable", (life) => change(life, "refused", "w3", { error: "KeyNotFoundError" })],
  [
    "a conflict with a revision that was never there",
    "linearizable",
    (life) => change(life, "refused", "w3", { current: 13 }),
  ],
  [
    "a stale read",
    "linearizable",
    (life) =>
      change(life, "read", "r1", {
        entries: [
          ["/a/0", 5, 5, "old"],
          ["/a/1", 11, 11, "w1"],
        ],
      }),
  ],
  [
    "a list that mixes two revisions",
    "linearizable",
    (life) => change(life, "read", "r1", { entries: [["/a/0", 5, 5, "old"]] }),
  ],
  ["a read of the past that shows the present", "linearizable", (life) => change(life, "read", "r2", { entries: [] })],
  [
    "a watch hears of another prefix",
    "filtered",
    (life) => {
      nth(life, "y", 1).events = life.log.slice(2, 5);
    },
  ],
  ["events in the wrong order", "ordered", (life) => void nth(life, "y", 1).events.reverse()],
  ["an event twice", "unique", (life) => nth(life, "y", 1).events.unshift(...life.log.slice(1, 2))],
  [
    "a group torn apart: an older revision in a later call",
    "atomic",
    (life) => {
      nth(life, "y", 0).events = life.log.slice(3, 4);
      nth(life, "y", 0).through = 14;
      nth(life, "y", 0).at = 15;
      nth(life, "y", 1).events = [...life.log.slice(1, 2), ...life.log.slice(4, 5)];
    },
  ],
  [
    "a bookmark ran ahead of an event",
    "bookmarkable",
    (life) => {
      nth(life, "y", 0).through = 14;
    },
  ],
  ["a bookmark covers an event that never came", "bookmarkable", (life) => void nth(life, "y", 1).events.pop()],
  [
    "a resumed watch lacks its first event",
    "resumable",
    (life) => {
      nth(life, "y", 0).events = [];
    },
  ],
  [
    "a resumed watch hears again what it had",
    "resumable",
    (life) => nth(life, "y", 0).events.unshift(...life.log.slice(0, 1)),
  ],
  ["a hole in the middle of a watch", "reliable", (life) => void nth(life, "y", 1).events.shift()],
  [
    "a wrong previous value",
    "previous-value",
    (life) => {
      nth(life, "x", 1).events = [alter(life.log[1], { 6: "w9" })];
    },
  ],
  [
    "a create told as an update",
    "is-create",
    (life) => {
      nth(life, "x", 0).events = [alter(life.log[0], { 0: "update" })];
    },
  ],
  [
    "a wrong createRevision",
    "is-create",
    (life) => {
      nth(life, "x", 0).events = [alter(life.log[0], { 3: 9 })];
    },
  ],
  [
    "a watch heard of a write that the crash took back",
    "durable",
    (life) => nth(life, "y", 1).events.push(["create", "/a/5", 17, 17, "w9", 0, ""]),
  ],
];

test.each(faults)("is caught: %s (%s)", (_, property, plant) => {
  const life = structuredClone(good());
  plant(life);
  expect(check(life).map((violation) => violation.property)).toContain(property);
});
