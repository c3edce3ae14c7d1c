/**
 * The API server over HTTPS, on a store on the disk. `node bench/api.ts [seconds per measurement]`. Prints medians of five
 * slices. `KL_BENCH_FLAGS="--cpu-prof"` goes to the server's process.
 */
import { once } from "node:events";
import type { Connection } from "./api/connection.ts";
import { lists } from "./api/lists.ts";
import { connections, next, pod, rate, server } from "./api/measure.ts";
import { steady } from "./api/steady.ts";
import { watchers } from "./api/watchers.ts";

const pods = "/api/v1/namespaces/default/pods";
const crowds = [1, 16, 64];

for (const clients of crowds) {
  await rate(`create pods, ${clients} clients`, clients, 201, (connection) =>
    connection.send("POST", pods, pod(`bench-${next()}`)),
  );
}
for (const clients of crowds) {
  await rate(`get a pod, ${clients} clients`, clients, 200, (connection) =>
    connection.send("GET", `${pods}/bench-${next() % 500}`),
  );
}
const maps = "/api/v1/namespaces/default/configmaps";
const map = (name: string): string =>
  JSON.stringify({ metadata: { name }, data: { turn: `${next()}`, text: "x".repeat(1200) } });
await Promise.all(
  (await connections(64)).map(async (connection, first) => {
    for (let n = first; n < 500; n += 64) await connection.send("POST", maps, map(`map-${n}`));
    connection.close();
  }),
);
for (const clients of crowds) {
  await rate(`replace a ConfigMap, ${clients} clients`, clients, 200, (connection) => {
    const name = `map-${next() % 500}`;
    return connection.send("PUT", `${maps}/${name}`, map(name));
  });
}
const patch =
  (contentType: string, query: string, body: (turn: number, name: string) => string) =>
  (connection: Connection): Promise<number> => {
    const turn = next();
    const name = `bench-${turn % 500}`;
    return connection.send("PATCH", `${pods}/${name}${query}`, body(turn, name), contentType);
  };
for (const clients of crowds) {
  const merge = patch("application/merge-patch+json", "", (turn) => `{"metadata":{"labels":{"n":"${turn}"}}}`);
  await rate(`merge-patch a pod, ${clients} clients`, clients, 200, merge);
}
for (const clients of crowds) {
  const apply = patch(
    "application/apply-patch+yaml",
    "?fieldManager=bench",
    (turn, name) =>
      `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}","labels":{"applied":"${turn}"},"annotations":{"by":"bench"}}}`,
  );
  await rate(`apply to a pod, ${clients} clients`, clients, 200, apply);
}
await lists();
await steady();
await watchers(100);
await watchers(1000);
server.send("stop");
await once(server, "exit");
