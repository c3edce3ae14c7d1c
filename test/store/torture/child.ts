/**
 * One life of a store, to be killed: `child.ts DATABASE HISTORY LIFE SINCE SEED CHECKPOINT-PAGES`. Tells first, in HISTORY,
 * what it found (the state, and the log since revision SINCE), then lets clients work until the end, which comes from
 * outside. SIGTERM is the gentle one. Plain writes to a file survive SIGKILL.
 */
import { openSync, writeSync } from "node:fs";
import { openSqliteStore } from "../../../src/store/sqlite/open.ts";
import type { Store } from "../../../src/store/types.ts";
import { type EventRecord, type HistoryRecord, recordOf } from "./history.ts";
import { randomFrom } from "./random.ts";
import { entryOf, Workload } from "./workload.ts";

const [file = "", history = "", life = "", since = "", seed = "", checkpointPages = ""] = process.argv.slice(2);

const out = openSync(history, "a");
let lines = "";

/** On the disk's side of the kernel before this turn's writes can be: the store sends them after the turn. */
function record(line: HistoryRecord | object): void {
  if (lines === "") process.nextTick(flush);
  lines += `${JSON.stringify(line)}\n`;
}

function flush(): void {
  const text = lines;
  lines = "";
  writeSync(out, text);
}

function logSince(store: Store, revision: number): Promise<EventRecord[]> {
  const events: EventRecord[] = [];
  if (revision >= store.revision) return Promise.resolve(events);
  return new Promise((resolve, reject) => {
    const watch = store.watch(
      { prefix: "", after: revision },
      {
        events: (batch, through) => {
          events.push(...batch.map(recordOf));
          if (through < store.revision) return;
          watch.close();
          resolve(events);
        },
        ended: reject,
      },
    );
  });
}

const opened = performance.now();
const store = await openSqliteStore({ file, checkpointPages: Number(checkpointPages), ring: { events: 200 } });
const openMs = performance.now() - opened;
const { entries, revision } = await store.list({ prefix: "" });
// A database that lost its tail on purpose may end before what is asked for.
const log = await logSince(store, Number(since));
record({ t: "found", revision, compacted: store.compactedRevision, entries: entries.map(entryOf), log, openMs });
flush();
process.stdout.write("ready\n");

let running = true;
process.on("SIGTERM", () => {
  running = false;
});
await new Workload({
  store,
  random: randomFrom(Number(seed)),
  record,
  life,
  writers: 12,
  watchers: 4,
  running: () => running,
}).run();
await store.close();
