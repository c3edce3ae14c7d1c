import { connections, figures, next, percentile, report, seconds } from "./measure.ts";

const secrets = "/api/v1/namespaces/default/secrets";
const perSecond = 200;

function secret(name: string): string {
  return JSON.stringify({
    metadata: { name },
    type: "Opaque",
    data: { password: Buffer.alloc(900, "s").toString("base64") },
  });
}

/**
 * An open loop of 200 requests per second over 5,000 Secrets, whatever the answers take: half reads, a quarter patches, a
 * fifth creates and deletes, the rest lists of a page. What waits in the client counts too.
 */
export async function steady(): Promise<void> {
  const open = await connections(64);
  let made = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (made < 5000) await connection.send("POST", secrets, secret(`s-${made++}`));
    }),
  );
  await figures();
  const idle = [...open];
  const latencies: number[] = [];
  const total = perSecond * Math.max(5, seconds * 3);
  const began = performance.now();
  await Promise.all(
    Array.from({ length: total }, async (_, index) => {
      const due = began + (index * 1000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      const connection = idle.pop();
      if (connection === undefined) throw new Error("64 connections are not enough for 200 requests per second");
      const turn = next();
      const name = `s-${(turn * 7919) % 5000}`;
      const code = await ask(index % 20, connection, name, turn);
      if (code >= 300) throw new Error(`${index % 20}: ${code}`);
      latencies.push(performance.now() - due);
      idle.push(connection);
    }),
  );
  latencies.sort((a, b) => a - b);
  const { loopDelayP99, rss } = await figures();
  const p50 = percentile(latencies, 0.5);
  const p99 = percentile(latencies, 0.99);
  report("200 requests/s, 5,000 Secrets", `p50 ${p50.toFixed(1)} ms`, `p99 ${p99.toFixed(1)} ms`, loopDelayP99, rss);
  for (const connection of open) connection.close();
}

type Connection = Awaited<ReturnType<typeof connections>>[number];

async function ask(kind: number, connection: Connection, name: string, turn: number): Promise<number> {
  if (kind < 10) return connection.send("GET", `${secrets}/${name}`);
  if (kind < 15) {
    const body = `{"metadata":{"annotations":{"turn":"${turn}"}}}`;
    return connection.send("PATCH", `${secrets}/${name}`, body, "application/merge-patch+json");
  }
  if (kind < 19) {
    const code = await connection.send("POST", secrets, secret(`t-${turn}`));
    return code === 201 ? connection.send("DELETE", `${secrets}/t-${turn}`) : code;
  }
  return connection.send("GET", `${secrets}?limit=50`);
}
