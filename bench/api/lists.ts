import { connections, figures, median, pod, report } from "./measure.ts";

export async function lists(): Promise<void> {
  const open = await connections(64);
  await open[0]?.send("POST", "/api/v1/namespaces", '{"metadata":{"name":"ten"}}');
  // No controller makes it here, and pods need it.
  await open[0]?.send("POST", "/api/v1/namespaces/ten/serviceaccounts", '{"metadata":{"name":"default"}}');
  const ten = "/api/v1/namespaces/ten/pods";
  let made = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (made < 10_000) {
        const code = await connection.send("POST", ten, pod(`p-${made++}`));
        if (code !== 201) throw new Error(`create: ${code}`);
      }
    }),
  );
  const [connection] = open;
  if (connection === undefined) return;
  await figures();
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const start = performance.now();
    const code = await connection.send("GET", ten);
    if (code !== 200) throw new Error(`list: ${code}`);
    times.push(performance.now() - start);
  }
  const { loopDelayP99, rss } = await figures();
  report("list 10,000 pods", `${median(times).toFixed(0)} ms`, "", loopDelayP99, rss);
  const selected: number[] = [];
  for (let i = 0; i < 15; i++) {
    const start = performance.now();
    await connection.send("GET", `${ten}?labelSelector=app%3Dbench-7`);
    selected.push(performance.now() - start);
  }
  report("list by label, 1 of 100", `${median(selected).toFixed(1)} ms`, "", loopDelayP99, rss);
  for (const one of open) one.close();
}
