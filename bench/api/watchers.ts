import { connections, figures, median, next, report, seconds } from "./measure.ts";

export async function watchers(count: number): Promise<void> {
  const maps = "/api/v1/namespaces/default/configmaps";
  const writers = await connections(16);
  let bytes = 0;
  const opened = await connections(count);
  for (const connection of opened) {
    connection.stream(
      `${maps}?watch=1&resourceVersion=${0}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`,
      (chunk) => {
        bytes += chunk.length;
      },
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  let running = true;
  let made = 0;
  const data = "y".repeat(300);
  const loops = writers.map(async (connection) => {
    while (running) {
      const body = JSON.stringify({ metadata: { name: `cm-${next()}` }, data: { a: data } });
      const code = await connection.send("POST", maps, body);
      if (code !== 201) throw new Error(`create: ${code}`);
      made++;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await figures();
  const slices: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = made;
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 5));
    slices.push(((made - before) * 1000) / (performance.now() - start));
  }
  running = false;
  await Promise.all(loops);
  const { loopDelayP99, rss } = await figures();
  // Every event is a line of some 600 bytes: what was received must be what was written, or the figure means nothing.
  const before = bytes;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const perEvent = bytes / count / made;
  const deliveries = median(slices) * count;
  report(
    `watch, ${count} watchers`,
    `${Math.round(deliveries).toLocaleString("en")}/s`,
    `${perEvent.toFixed(0)} B each`,
    loopDelayP99,
    rss,
  );
  if (bytes - before > 0.02 * bytes) console.log("  watchers lagged behind the writers");
  for (const connection of [...opened, ...writers]) connection.close();
}
