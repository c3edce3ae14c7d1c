/** Long names, many pods at once, and what a restart of `kl` finds. */
import { expect, it } from "vitest";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { conditionOf, containerOf, waitingFor } from "./pod-watch.ts";

const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
const crowd = Array.from({ length: 30 }, (_, index) => `crowd-${index}`);

export const longNamedPod = (): Pod => podOf(longest, [{ name: "e".repeat(63), command: shell("true") }]);

export function crowdTests(cluster: NodeCluster): void {
  const { pods } = cluster;

  it.concurrent("names of 253 and 63 characters; the host's name is cut to 63", async () => {
    expect(longest).toHaveLength(253);
    await pods.ready(longest);
    expect(await cluster.sh(longest, "hostname")).toBe(`${"a".repeat(63)}\n`);
  });
}

/** After everything else: the server goes down and comes back. */
export function restartTests(cluster: NodeCluster): void {
  const { pods } = cluster;

  it("30 pods at once, adopted by the next kl with probes and back-off under way, deletions included", async () => {
    const probe = { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 2, timeoutSeconds: 10 };
    await cluster.create(
      ...crowd.map((name) => podOf(name, [{ command: shell("touch /tmp/ready"), readinessProbe: probe }])),
      podOf("backs-off", [{ command: ["false"] }]),
    );
    await Promise.all(crowd.map((name) => pods.ready(name, 60_000)));
    await pods.now("backs-off", (pod) => waitingFor(pod) === "CrashLoopBackOff");
    const before = new Map(crowd.map((name) => [name, containerOf(pods.history(name).at(-1) as Pod)?.containerID]));

    await cluster.pods.close();
    await cluster.run("delete", "pod", "crowd-0", "--wait=false");
    await cluster.server.end("SIGKILL");
    await cluster.server.start();
    cluster.watch();
    await pods.gone("crowd-0");
    await pods.ready("crowd-29");
    await pods.now("backs-off", (pod) => (containerOf(pod)?.restartCount ?? 0) >= 2);
    for (const name of crowd.slice(1)) {
      const now = await pods.ready(name);
      expect(containerOf(now)).toMatchObject({ containerID: before.get(name), restartCount: 0 });
    }
    // The probes of what was adopted go on.
    await cluster.sh("crowd-1", "rm /tmp/ready");
    await pods.now("crowd-1", (pod) => conditionOf(pod, "Ready") === "False");
  });
}
