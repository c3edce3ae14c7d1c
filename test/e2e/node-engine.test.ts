/** A node whose Docker engine is not there yet, and which shares it with another cluster. */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeDocker } from "../docker-gate.ts";
import { clusterContainers, KlServer } from "./kl-server.ts";
import { NodeCluster, podOf, shell } from "./node-cluster.ts";
import { containerOf } from "./pod-watch.ts";
import { until } from "./until.ts";

describeDocker("two clusters on one engine, one of which finds it late", () => {
  const folder = mkdtempSync(join(tmpdir(), "kl-e2e-engine-"));
  const socket = join(folder, "docker.sock");
  const late = new NodeCluster(new KlServer({ args: ["--docker-host", `unix://${socket}`] }));
  const other = new NodeCluster();
  const proxy: Server = createServer((client) => {
    const engine = connect("/var/run/docker.sock");
    client.on("error", () => engine.destroy()).pipe(engine);
    engine.on("error", () => client.destroy()).pipe(client);
    client.on("close", () => engine.destroy());
  });

  beforeAll(() => Promise.all([late.start(), other.start()]), 60_000);
  afterAll(async () => {
    await Promise.all([late.destroy(), other.destroy()]);
    await new Promise((resolve) => proxy.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it("is NotReady with the reason, and Ready by itself; same names do not meet", { timeout: 60_000 }, async () => {
    const node = () => late.run("get", "nodes", "--no-headers");
    await until(node, (row) => /^e2e +NotReady /.test(row));
    expect(await late.run("describe", "node", "e2e")).toMatch(
      /Ready +False .* KubeletNotReady +.*Cannot connect to the Docker daemon at unix:.*docker\.sock/,
    );
    const twin = () => podOf("twin", [{ command: shell("true") }]);
    await late.create(twin());
    await other.create(twin());
    const first = await other.pods.ready("twin");
    await new Promise<void>((resolve) => proxy.listen(socket, resolve));
    await until(node, (row) => /^e2e +Ready /.test(row), { timeout: 25_000 });
    const second = await late.pods.ready("twin");
    expect(containerOf(second)?.containerID).not.toBe(containerOf(first)?.containerID);
    await late.run("delete", "pod", "twin");
    expect(await clusterContainers(late.server.dataDir)).toEqual([]);
    expect((await clusterContainers(other.server.dataDir)).map(({ State }) => State)).toEqual(["running", "running"]);
  });
});
