/** Many clients that do nothing but list, in a thread of their own, so that reading the answers is not the server's time. */
import { Agent, request } from "node:https";
import { parentPort, workerData } from "node:worker_threads";

interface Orders {
  readonly port: number;
  readonly ca: string;
  readonly identity: { readonly key: string; readonly cert: string };
  readonly paths: readonly string[];
  readonly clients: number;
}

const { port, ca, identity, paths, clients } = workerData as Orders;
const agent = new Agent({ keepAlive: true });
const codes = new Map<number, number>();
let running = true;

function list(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, agent, ca, ...identity }, (response) => {
      const code = response.statusCode ?? 0;
      response.resume();
      response.on("end", () => {
        codes.set(code, (codes.get(code) ?? 0) + 1);
        resolve();
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const loops = Array.from({ length: clients }, async (_, i) => {
  while (running) await list(paths[i % paths.length] ?? "/");
});
parentPort?.once("message", () => {
  running = false;
});
const tell = setInterval(() => parentPort?.postMessage({ done: false, codes }), 100);
await Promise.all(loops);
clearInterval(tell);
agent.destroy();
parentPort?.postMessage({ done: true, codes });
