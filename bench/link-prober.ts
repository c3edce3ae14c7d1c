/** A thread that asks the API again and again, so that what the main thread does is not in its figures. */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

const { dataDir, port } = workerData as { dataDir: string; port: number };
const pki = (file: string): Buffer => readFileSync(join(dataDir, "pki", file));
const agent = new Agent({ keepAlive: true, ca: pki("ca.crt"), cert: pki("admin.crt"), key: pki("admin.key") });
const options = { host: "127.0.0.1", port, path: "/api/v1/namespaces/default", agent };

function get(): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request(options, (answer) => {
      answer.resume();
      answer.on("end", resolve);
    });
    asking.on("error", reject);
    asking.end();
  });
}

let taken: number[] = [];
parentPort?.on("message", () => {
  parentPort?.postMessage(taken);
  taken = [];
});
for (;;) {
  const begun = performance.now();
  await get();
  taken.push(performance.now() - begun);
  await new Promise((resolve) => setTimeout(resolve, 2));
}
