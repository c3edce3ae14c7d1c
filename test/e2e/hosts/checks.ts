/** What a test asks of a cluster to know that it is well, and what it makes there. */
import { expect } from "vitest";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { until } from "../until.ts";
import type { Cluster } from "./cluster.ts";
import type { Host } from "./host.ts";
import type { Residents } from "./residents.ts";

export const quick = { interval: 20 };

export type Checks = ReturnType<typeof checksOf>;

export function checksOf(cluster: () => Cluster, residents: () => Residents) {
  return {
    everybodyReachesEverybody,
    oneNodesPodsReachEachOther,
    namesResolve,
    containers,
    noRestarts,
    createPod,
    runs,
    runningOf,
  };

  /** By address and by cluster IP; soon, since what was lost on the way may have to be found again. */
  function everybodyReachesEverybody(): Promise<unknown> {
    return until(
      async () => {
        const asked = residents().all.flatMap((from) =>
          residents().all.flatMap((to) =>
            from === to
              ? []
              : [to.ip, to.service.spec?.clusterIP ?? ""].map((ip) => from.prober.ask(ip, 80, "TCP", 1000)),
          ),
        );
        return (await Promise.all(asked)).filter((said) => said === undefined).length;
      },
      (silent) => silent === 0,
      { interval: 20, timeout: 20_000 },
    );
  }

  async function oneNodesPodsReachEachOther(host: Host): Promise<void> {
    const here = residents().all.filter((one) => one.host === host);
    for (const from of here) {
      for (const to of here) {
        if (from === to) continue;
        for (const ip of [to.ip, to.service.spec?.clusterIP ?? ""]) {
          expect(await from.prober.ask(ip, 80, "TCP", 2000)).toBe(`${to.pod.metadata.name} saw ${from.ip}`);
        }
      }
    }
  }

  /** Asked by the engine itself: the server may be away. */
  async function namesResolve(host: Host): Promise<void> {
    const resident = residents().all.find((one) => one.host === host);
    const [service] = residents().all.map((one) => one.service);
    const filters = [`label=io.kubernetes.pod.uid=${resident?.pod.metadata.uid}`, "label=io.kl.role=container"];
    const ps = ["ps", "-q", ...filters.flatMap((filter) => ["--filter", filter])];
    const [id = ""] = (await host.must("docker", ps)).split("\n");
    const name = `${service?.metadata.name}.${service?.metadata.namespace}.svc.cluster.local`;
    expect(await host.must("docker", ["exec", id, "nslookup", name])).toContain(service?.spec?.clusterIP);
  }

  /** The residents' running ones: what other tests have left may still be on its way out. */
  async function containers(host: Host): Promise<string[]> {
    const uids = residents().all.map(({ pod }) => pod.metadata.uid ?? "");
    const listed = await host.must("docker", ["ps", "--format", '{{.ID}} {{.Label "io.kubernetes.pod.uid"}}']);
    const own = listed.split("\n").filter((line) => uids.includes(line.split(" ")[1] ?? ""));
    expect(own.length).toBeGreaterThan(0);
    return own.sort();
  }

  async function noRestarts(): Promise<void> {
    const pods = (await Promise.all(["red", "blue"].map((namespace) => cluster().pods(namespace)))).flat();
    expect(pods.map(({ metadata }) => metadata.uid).sort()).toEqual(
      residents()
        .all.map(({ pod }) => pod.metadata.uid)
        .sort(),
    );
    for (const { status } of pods) expect(status?.containerStatuses?.map((one) => one.restartCount)).toEqual([0]);
  }

  async function createPod(name: string, host: Host): Promise<void> {
    const container = { name: "c", image: "guestbook:1", command: ["sleep", "100000"] };
    await cluster().api.create("/api/v1/namespaces/default/pods", {
      metadata: { name },
      spec: { nodeName: host.name, terminationGracePeriodSeconds: 0, containers: [container] },
    });
  }

  async function runs(name: string): Promise<void> {
    const path = `/api/v1/namespaces/default/pods/${name}`;
    await until(() => cluster().api.get<Pod>(path), isRunning, quick);
  }

  async function runningOf(app: string, count: number): Promise<void> {
    await until(
      () => cluster().pods("default", `app=${app}`),
      (pods) => pods.filter(isRunning).length === count,
      quick,
    );
  }
}

export function isRunning({ status, metadata }: Pod): boolean {
  return status?.phase === "Running" && !metadata.deletionTimestamp;
}

export function deployment(app: string, replicas: number, tolerationSeconds: number) {
  const tolerations = ["not-ready", "unreachable"].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds,
  }));
  const containers = [{ name: "c", image: "guestbook:1", command: ["sleep", "100000"] }];
  return {
    metadata: { name: app },
    spec: {
      replicas,
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: { terminationGracePeriodSeconds: 0, tolerations, containers },
      },
    },
  };
}
