/** The thread that owns the database file: reads all of it once, then does what it is asked, in order. */
import { parentPort, workerData } from "node:worker_threads";
import { Engine } from "./engine.ts";
import { faultOf } from "./faults.ts";
import { memoryOf, type PackedRows } from "./packed-rows.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./protocol.ts";

function say(message: FromWorker, rows?: PackedRows): void {
  parentPort?.postMessage(message, rows ? memoryOf(rows) : []);
}

function start(options: WorkerStart): void {
  const engine = new Engine(options);
  try {
    const loaded = options.withoutRows ? engine.state() : engine.load((rows) => say({ type: "rows", rows }, rows));
    say({ type: "loaded", loaded });
  } catch (error) {
    engine.close();
    throw error;
  }
  parentPort?.on("message", ({ id, request }: ToWorker) => {
    try {
      const answer = engine.handle(request);
      say({ type: "answer", id, answer }, answer.rows);
    } catch (error) {
      say({ type: "fault", id, fault: faultOf(error) });
    }
    if (request.op === "close") parentPort?.close();
  });
}

try {
  start(workerData as WorkerStart);
} catch (error) {
  say({ type: "refused", fault: faultOf(error) });
}
