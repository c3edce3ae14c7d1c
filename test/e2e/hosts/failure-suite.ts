import { afterAll, describe, expect, test } from "vitest";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { until } from "../until.ts";
import type { Cluster } from "./cluster.ts";
import type { Host } from "./host.ts";
import type { Residents } from "./residents.ts";

const quick = { interval: 20 };

/** What hosts and connections do to a cluster, each with how long it took to be well again. */
export function failureSuite(cluster: () => Cluster, residents: () => Residents): void {
  describe("failures", () => {
    const recoveries: string[] = [];
    afterAll(() => console.info(`recovery:\n${recoveries.join("\n")}`));

    async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
      const started = performance.now();
      const result = await work();
      recoveries.push(`  ${what}: ${((performance.now() - started) / 1000).toFixed(2)} s`);
      return result;
    }

    test("an agent is killed: its pods go on; the next one adopts them and catches up", {
      timeout: 60_000,
    }, async () => {
      const host = cluster().host(3);
      const before = await containers(host);
      await cluster().kill(host, "SIGKILL");
      await everybodyReachesEverybody();
      await createPod("while-away", host);
      await timed("agent killed, from its start to a pod that was made meanwhile", async () => {
        await cluster().startAgent(host);
        await runs("while-away");
      });
      expect(await containers(host)).toEqual(before);
      await noRestarts();
    });

    test("policies hold while an agent is away, and change again when it is back", { timeout: 60_000 }, async () => {
      const host = cluster().host(3);
      const to = residents().all.find((one) => one.host === host);
      const from = residents().all.find((one) => one.host !== host);
      if (!to || !from) throw new Error("nobody there");
      const isReached = async () => (await from.prober.ask(to.ip, 80)) !== undefined;
      const { namespace = "" } = to.pod.metadata;
      const policies = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
      await cluster().api.create(policies, { metadata: { name: "closed", namespace }, spec: { podSelector: {} } });
      await until(isReached, (reached) => !reached, quick);
      await cluster().kill(host, "SIGKILL");
      expect(await isReached()).toBe(false);
      await cluster().startAgent(host);
      await createPod("after-the-policy", host);
      await runs("after-the-policy");
      expect(await isReached()).toBe(false);
      await cluster().kill(host, "SIGKILL");
      await cluster().api.remove(`${policies}/closed`);
      expect(await isReached()).toBe(false);
      await timed("agent killed, from its start to a policy's end that it missed", async () => {
        await cluster().startAgent(host);
        await until(isReached, (reached) => reached, quick);
      });
    });

    test("the server is killed: pods, Services and DNS work on; nothing is restarted", {
      timeout: 60_000,
    }, async () => {
      const { hosts } = cluster();
      const before = await Promise.all(hosts.map(containers));
      await cluster().kill(cluster().host(1), "SIGKILL");
      await everybodyReachesEverybody();
      for (const host of hosts.slice(1)) await namesResolve(host);
      await timed("server killed, from its start to a new pod on each node", async () => {
        await cluster().startServer();
        await Promise.all(hosts.map((host) => createPod(`after-${host.name}`, host)));
        await Promise.all(hosts.map((host) => runs(`after-${host.name}`)));
      });
      expect(await Promise.all(hosts.map(containers))).toEqual(before);
      await everybodyReachesEverybody();
      await noRestarts();
    });

    test("a node is cut off for a while: what is on it works on, and it catches up", { timeout: 60_000 }, async () => {
      const { wire } = cluster();
      const host = cluster().host(3);
      wire.pullCable(host.index);
      await namesResolve(host);
      await createPod("beyond-the-cut", host);
      await oneNodesPodsReachEachOther(host);
      await new Promise((resolve) => setTimeout(resolve, 5000));
      await timed("node cut off for 5 s, from mended to its new pod", async () => {
        wire.plugCable(host.index);
        await runs("beyond-the-cut");
      });
      await timed("  and to everybody reaching everybody", everybodyReachesEverybody);
      await noRestarts();
    });

    test("one packet of ten is lost: a Deployment still comes up everywhere", { timeout: 90_000 }, async () => {
      const { wire } = cluster();
      wire.lose(10);
      try {
        await timed("Deployment of 6 with a tenth of all packets lost", async () => {
          await cluster().api.create("/apis/apps/v1/namespaces/default/deployments", deployment("lossy", 6, 300));
          await runningOf("lossy", 6);
        });
      } finally {
        wire.lose(0);
      }
    });

    test("a host is gone: NotReady, evicted, replaced; when it is back its stale pods are removed", {
      timeout: 150_000,
    }, async () => {
      const { wire, hosts, api } = cluster();
      const host = cluster().host(3);
      await api.create("/apis/apps/v1/namespaces/default/deployments", deployment("movers", 2 * hosts.length, 1));
      await runningOf("movers", 2 * hosts.length);
      const lost = (await cluster().pods("default", "app=movers")).filter(({ spec }) => spec?.nodeName === host.name);
      expect(lost.length).toBeGreaterThan(0);
      const gone = performance.now();
      const since = () => `${((performance.now() - gone) / 1000).toFixed(1)} s`;
      wire.pullCable(host.index);
      await cluster().nodeIs(host.name, false, 90_000);
      recoveries.push(`  host gone: NotReady after ${since()}`);
      await until(
        () => cluster().pods("default", "app=movers"),
        (pods) => pods.filter((pod) => isRunning(pod) && pod.spec?.nodeName !== host.name).length === 2 * hosts.length,
        quick,
      );
      recoveries.push(`  host gone: all replaced after ${since()}`);
      wire.plugCable(host.index);
      await timed("host back, to Ready", () => cluster().nodeIs(host.name, true));
      await timed("  and to its stale pods' end", async () => {
        const uids = lost.map(({ metadata }) => metadata.uid);
        await until(
          () => cluster().pods("default", "app=movers"),
          (pods) => !pods.some(({ metadata }) => uids.includes(metadata.uid)),
          quick,
        );
        for (const uid of uids) {
          await until(
            () => host.must("docker", ["ps", "-q", "--filter", `label=io.kubernetes.pod.uid=${uid}`]),
            (left) => left === "",
          );
        }
      });
      await everybodyReachesEverybody();
      await noRestarts();
    });

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
  });
}

function isRunning({ status, metadata }: Pod): boolean {
  return status?.phase === "Running" && !metadata.deletionTimestamp;
}

function deployment(app: string, replicas: number, tolerationSeconds: number): object {
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
