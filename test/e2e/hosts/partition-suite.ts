import { afterAll, describe, expect, test } from "vitest";
import type { Service } from "../../../src/machinery/types/core/v1.ts";
import { until } from "../until.ts";
import { checksOf, deployment, quick } from "./checks.ts";
import { agentsClockIsSet } from "./clock-suite.ts";
import type { Cluster } from "./cluster.ts";
import { Recoveries } from "./recoveries.ts";
import type { Residents } from "./residents.ts";

const length = 120_000;

/**
 * One node and the server do not hear each other for two minutes, and nobody tells them; the third host hears both. What else
 * takes its time goes on beside it.
 */
export function partitionSuite(cluster: () => Cluster, residents: () => Residents): void {
  describe("no way between a node and the server for two minutes", () => {
    const checks = checksOf(cluster, residents);
    const recoveries = new Recoveries();
    let parted = 0;
    let before: string[] = [];
    let removed = "";
    let late: Service;
    afterAll(() => {
      cluster().wire.unite();
      cluster().wire.lose(0);
      recoveries.print();
    });

    test("pods, Services and names of the node work on, to the nodes that it reaches too", {
      timeout: 60_000,
    }, async () => {
      const { api, wire } = cluster();
      const host = cluster().host(3);
      await checks.createPod("to-be-removed", host);
      await checks.runs("to-be-removed");
      const [doomed] = (await cluster().pods("default")).filter(({ metadata }) => metadata.name === "to-be-removed");
      removed = doomed?.metadata.uid ?? "";
      before = await checks.containers(host);
      wire.part(1, 3);
      parted = performance.now();
      await api.remove("/api/v1/namespaces/default/pods/to-be-removed");
      await checks.createPod("beyond-the-partition", host);
      late = await lateService();
      await checks.namesResolve(host);
      await checks.oneNodesPodsReachEachOther(host);
      await reachTheThird();
    });

    test("meanwhile a rolling update comes to its end with 15 of 100 packets lost", { timeout: 120_000 }, async () => {
      const { api, wire } = cluster();
      await api.create("/apis/apps/v1/namespaces/default/deployments", onTheOthers("rolled", 4));
      await checks.runningOf("rolled", 4);
      wire.lose(15);
      try {
        await recoveries.timed("rolling update of 4 with 15 % of all packets lost", async () => {
          const container = { name: "c", env: [{ name: "GENERATION", value: "2" }] };
          const patch = JSON.stringify({ spec: { template: { spec: { containers: [container] } } } });
          await cluster().kubectl(["patch", "deployment", "rolled", "-p", patch]);
          await cluster().kubectl(["rollout", "status", "deployment/rolled", "--timeout=100s"]);
        });
      } finally {
        wire.lose(0);
      }
      const isNew = (pods: Awaited<ReturnType<Cluster["pods"]>>) =>
        pods.every(({ spec }) => spec?.containers[0]?.env?.some(({ value }) => value === "2"));
      await until(
        () => cluster().pods("default", "app=rolled"),
        (pods) => pods.length === 4 && isNew(pods),
        { timeout: 20_000 },
      );
    });

    test("meanwhile an agent's clock is set back two hours, and forth", { timeout: 90_000 }, () =>
      agentsClockIsSet(cluster(), checks, cluster().host(2), ["host-1", "host-2"]),
    );

    test("then the node is Ready again, nothing of it was restarted, and it learns what it missed", {
      timeout: 200_000,
    }, async () => {
      const host = cluster().host(3);
      await cluster().nodeIs(host.name, false, 90_000);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, parted + length - performance.now())));
      await checks.namesResolve(host);
      await checks.oneNodesPodsReachEachOther(host);
      await reachTheThird();
      expect(await isReached(late)).toBe(false);
      expect(await checks.containers(host)).toEqual(before);

      const seconds = Math.round((performance.now() - parted) / 1000);
      const what = `parted for ${seconds} s, from mended`;
      cluster().wire.unite();
      await Promise.all([
        recoveries.timed(`${what} to Ready`, () => cluster().nodeIs(host.name, true)),
        recoveries.timed(`${what} to a pod that was made meanwhile`, () => checks.runs("beyond-the-partition")),
        recoveries.timed(`${what} to a Service that was made meanwhile`, () =>
          until(() => isReached(late), Boolean, quick),
        ),
        recoveries.timed(`${what} to the end of a pod that was removed meanwhile`, () =>
          until(
            () => host.must("docker", ["ps", "-q", "--filter", `label=io.kubernetes.pod.uid=${removed}`]),
            (left) => left === "",
          ),
        ),
      ]);
      await recoveries.timed("  and on to everybody reaching everybody", () => checks.everybodyReachesEverybody());
      expect(await checks.containers(host)).toEqual(before);
      await checks.noRestarts();
    });

    /** To a pod of the host that both sides reach. */
    async function lateService(): Promise<Service> {
      const to = residents().all.find(({ host }) => host === cluster().host(2));
      const { namespace = "", labels } = to?.pod.metadata ?? {};
      return (await cluster().api.create(`/api/v1/namespaces/${namespace}/services`, {
        metadata: { name: "late" },
        spec: { selector: { resident: labels?.resident }, ports: [{ port: 80 }] },
      })) as Service;
    }

    async function isReached({ spec }: Service): Promise<boolean> {
      const from = residents().all.find(({ host }) => host === cluster().host(3));
      return (await from?.prober.ask(spec?.clusterIP ?? "", 80)) !== undefined;
    }

    async function reachTheThird(): Promise<void> {
      const on = (index: number) => residents().all.filter(({ host }) => host.index === index);
      for (const from of on(3)) {
        for (const to of on(2)) {
          for (const ip of [to.ip, to.service.spec?.clusterIP ?? ""]) {
            expect(await from.prober.ask(ip, 80, "TCP", 2000)).toBe(`${to.pod.metadata.name} saw ${from.ip}`);
          }
        }
      }
    }
  });
}

/** A Deployment that stays on the first two hosts. */
function onTheOthers(app: string, replicas: number): object {
  const made = deployment(app, replicas, 300);
  const matchExpressions = [{ key: "kubernetes.io/hostname", operator: "In", values: ["host-1", "host-2"] }];
  const required = { nodeSelectorTerms: [{ matchExpressions }] };
  const { template } = made.spec;
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  return { ...made, spec: { ...made.spec, template: { ...template, spec: { ...template.spec, affinity } } } };
}
