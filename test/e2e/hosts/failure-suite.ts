import { afterAll, describe, expect, test } from "vitest";
import { until } from "../until.ts";
import { checksOf, deployment, isRunning, quick } from "./checks.ts";
import type { Cluster } from "./cluster.ts";
import { Recoveries } from "./recoveries.ts";
import type { Residents } from "./residents.ts";

/** What hosts and connections do to a cluster, each with how long it took to be well again. */
export function failureSuite(cluster: () => Cluster, residents: () => Residents): void {
  describe("failures", () => {
    const { everybodyReachesEverybody, oneNodesPodsReachEachOther, namesResolve, ...checks } = checksOf(
      cluster,
      residents,
    );
    const { containers, noRestarts, createPod, runs, runningOf } = checks;
    const recoveries = new Recoveries();
    afterAll(() => recoveries.print());

    test("an agent is killed: its pods go on; the next one adopts them and catches up", {
      timeout: 60_000,
    }, async () => {
      const host = cluster().host(3);
      const before = await containers(host);
      await cluster().kill(host, "SIGKILL");
      await everybodyReachesEverybody();
      await createPod("while-away", host);
      await recoveries.timed("agent killed, from its start to a pod that was made meanwhile", async () => {
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
      await recoveries.timed("agent killed, from its start to a policy's end that it missed", async () => {
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
      await recoveries.timed("server killed, from its start to a new pod on each node", async () => {
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
      await recoveries.timed("node cut off for 5 s, from mended to its new pod", async () => {
        wire.plugCable(host.index);
        await runs("beyond-the-cut");
      });
      await recoveries.timed("  and to everybody reaching everybody", everybodyReachesEverybody);
      await noRestarts();
    });

    test("one packet of ten is lost: a Deployment still comes up everywhere", { timeout: 90_000 }, async () => {
      const { wire } = cluster();
      wire.lose(10);
      try {
        await recoveries.timed("Deployment of 6 with a tenth of all packets lost", async () => {
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
      recoveries.note(`host gone: NotReady after ${since()}`);
      await until(
        () => cluster().pods("default", "app=movers"),
        (pods) => pods.filter((pod) => isRunning(pod) && pod.spec?.nodeName !== host.name).length === 2 * hosts.length,
        quick,
      );
      recoveries.note(`host gone: all replaced after ${since()}`);
      wire.plugCable(host.index);
      await recoveries.timed("host back, to Ready", () => cluster().nodeIs(host.name, true));
      await recoveries.timed("  and to its stale pods' end", async () => {
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
  });
}
