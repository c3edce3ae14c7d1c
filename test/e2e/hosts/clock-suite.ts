import { afterAll, describe, expect, test } from "vitest";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { until } from "../until.ts";
import { type Checks, checksOf, quick } from "./checks.ts";
import type { Cluster } from "./cluster.ts";
import type { Host } from "./host.ts";
import type { Residents } from "./residents.ts";

const hour = 3_600_000;
/** Longer than a node's lease and a look of the node controller. */
const aWhile = 16_000;

/** What a clock that somebody sets does to a cluster: nothing. */
export function clockSuite(cluster: () => Cluster, residents: () => Residents): void {
  describe("the server's clock is set", () => {
    const checks = checksOf(cluster, residents);
    afterAll(() => cluster().setClock(cluster().host(1), 0));

    for (const [what, ahead] of [
      ["forward an hour", hour],
      ["back two", -hour],
      ["right", 0],
    ] as const) {
      test(`${what}: every node stays Ready, nothing is evicted or restarted`, { timeout: 60_000 }, async () => {
        const { hosts } = cluster();
        const names = hosts.map(({ name }) => name);
        const before = await Promise.all(hosts.map(checks.containers));
        const calls = await costlyCalls(cluster());
        const isEnduring = await everything(cluster());
        await cluster().setClock(cluster().host(1), ahead);
        await stayReady(cluster(), names);
        const after = new Set(await everything(cluster()));
        expect(isEnduring.filter((uid) => !after.has(uid))).toEqual([]);
        for (const host of hosts) await checks.createPod(`${host.name}-${what.replaceAll(" ", "-")}`, host);
        for (const host of hosts) await checks.runs(`${host.name}-${what.replaceAll(" ", "-")}`);
        await checks.everybodyReachesEverybody();
        expect(await Promise.all(hosts.map(checks.containers))).toEqual(before);
        await checks.noRestarts();
        expect((await costlyCalls(cluster())) - calls).toBeLessThan(20);
      });
    }
  });
}

/** An agent's clock is set: its leases, probes, back-offs, tokens and certificates go on as if nothing was. `names`: who is Ready. */
export async function agentsClockIsSet(
  cluster: Cluster,
  checks: Checks,
  host: Host,
  names: readonly string[],
): Promise<void> {
  const before = await checks.containers(host);
  const calls = await costlyCalls(cluster);
  await createPods(cluster, host);
  const restarts = async () => (await pod(cluster, "looper")).status?.containerStatuses?.[0]?.restartCount ?? 0;
  await until(restarts, (count) => count >= 1, quick);
  await until(() => isReady(cluster, "probed"), Boolean, quick);
  try {
    await cluster.setClock(host, -hour);
    // After 10 s.
    await Promise.all([stayReady(cluster, names), until(restarts, (count) => count >= 2, { timeout: 16_000 })]);
    await probesGoOn(cluster);
    await cluster.setClock(host, hour);
    const since = performance.now();
    const soFar = await restarts();
    await probesGoOn(cluster);
    await stayReady(cluster, names);
    // After 20 s and another 40 s: not all at once.
    await until(restarts, (count) => count >= 3, { timeout: 24_000 });
    expect((await restarts()) - soFar).toBeLessThanOrEqual(performance.now() - since > 55_000 ? 2 : 1);
  } finally {
    await cluster.setClock(host, 0);
  }
  await probesGoOn(cluster);
  expect(await checks.containers(host)).toEqual(before);
  await checks.noRestarts();
  expect((await costlyCalls(cluster)) - calls).toBeLessThan(10);
}

async function createPods(cluster: Cluster, host: Host): Promise<void> {
  const command = (script: string) => ({ name: "c", image: "guestbook:1", command: ["sh", "-c", script] });
  const readinessProbe = { exec: { command: ["test", "-f", "/tmp/ready"] }, periodSeconds: 1, failureThreshold: 1 };
  const containers = {
    looper: command("exit 1"),
    probed: { ...command("touch /tmp/ready; exec sleep 100000"), readinessProbe },
  };
  for (const [name, container] of Object.entries(containers)) {
    const spec = { nodeName: host.name, terminationGracePeriodSeconds: 0, containers: [container] };
    await cluster.api.create("/api/v1/namespaces/default/pods", { metadata: { name }, spec });
  }
}

async function probesGoOn(cluster: Cluster): Promise<void> {
  for (const [change, ready] of [
    ["rm", false],
    ["touch", true],
  ] as const) {
    await cluster.kubectl(["exec", "probed", "--", change, "/tmp/ready"]);
    await until(
      () => isReady(cluster, "probed"),
      (is) => is === ready,
      { ...quick, timeout: 10_000 },
    );
  }
}

async function stayReady(cluster: Cluster, names: readonly string[]): Promise<void> {
  for (const end = performance.now() + aWhile; performance.now() < end; ) {
    const answers = await Promise.all(names.map((name) => cluster.isReady(name)));
    expect(names.filter((_, index) => !answers[index])).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Requests for tokens and certificates so far. */
async function costlyCalls(cluster: Cluster): Promise<number> {
  const metrics = await cluster.kubectl(["get", "--raw", "/metrics"]);
  const lines = metrics.split("\n").filter((line) => line.startsWith("apiserver_request_total{"));
  const costly = lines.filter(
    (line) => /verb="(POST|create)"/i.test(line) && /subresource="token"|certificatesig/.test(line),
  );
  expect(lines.length).toBeGreaterThan(0);
  return costly.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Whatever a wrong clock could take away for its age. */
async function everything(cluster: Cluster): Promise<string[]> {
  const paths = ["/api/v1/pods", "/api/v1/events", "/api/v1/nodes", "/api/v1/namespaces/kube-system/secrets"];
  const lists = await Promise.all(paths.map((path) => cluster.api.get<{ items: Pod[] }>(path)));
  return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`));
}

function pod(cluster: Cluster, name: string): Promise<Pod> {
  return cluster.api.get<Pod>(`/api/v1/namespaces/default/pods/${name}`);
}

async function isReady(cluster: Cluster, name: string): Promise<boolean> {
  const { status } = await pod(cluster, name);
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
