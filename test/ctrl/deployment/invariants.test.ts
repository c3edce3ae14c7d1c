import fc from "fast-check";
import { expect, test } from "vitest";
import { maxSurge, maxUnavailable } from "../../../src/ctrl/deployment/limits.ts";
import type { Deployment } from "../../../src/machinery/types/apps/v1.ts";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { deploymentResource, podResource, podTemplate, SimulatedCluster } from "../simulated-cluster.ts";

const isAvailable = (pod: Pod) =>
  !pod.metadata.deletionTimestamp &&
  pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;

const limit = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom("0%", "10%", "25%", "50%", "100%"));
const fate = fc.record({
  act: fc.constantFrom("ready", "ready", "unready", "lose", "end", "image", "undo"),
  which: fc.nat(),
});

test("over any fate of the pods, the controllers keep to maxSurge and maxUnavailable", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      limit,
      limit,
      fc.array(fate, { maxLength: 25 }),
      async (replicas, surge, unavailable, fates) => {
        const cluster = await SimulatedCluster.start(["deployment", "replicaset"]);
        const violations: string[] = [];
        const deployment: Deployment = {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "web", namespace: "default" },
          spec: {
            replicas,
            selector: { matchLabels: { app: "web" } },
            template: podTemplate("web:0"),
            strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
          },
        };
        const [most, least] = [replicas + maxSurge(deployment), replicas - maxUnavailable(deployment)];
        cluster.api.react(({ verb, resource, name }) => {
          if (resource !== "pods") return undefined;
          const pods = cluster.pods();
          const live = pods.filter(({ metadata }) => !metadata.deletionTimestamp).length;
          if (verb === "create" && live >= most) violations.push(`${live + 1} pods, at most ${most} allowed`);
          const available = pods.filter(isAvailable);
          const hurts = available.some(({ metadata }) => metadata.name === name);
          if (verb === "delete" && hurts && available.length - 1 < least) {
            violations.push(`${available.length - 1} left available, at least ${least} promised`);
          }
          return undefined;
        });
        await cluster.api.resource<Deployment>(deploymentResource, "default").create(deployment);
        await cluster.quiet();
        let image = 0;
        for (const { act, which } of fates) {
          const pods = cluster.pods();
          const pod = pods[which % Math.max(1, pods.length)];
          if (act === "image")
            await cluster.updateDeployment((spec) => ({ ...spec, template: podTemplate(`web:${++image}`) }));
          else if (act === "undo")
            await cluster.updateDeployment((spec) => ({ ...spec, template: podTemplate("web:0") }));
          else if (act === "end")
            for (const each of pods.filter((p) => p.metadata.deletionTimestamp)) cluster.endPod(each);
          else if (pod && act === "lose") cluster.endPod(pod);
          else if (pod && !pod.metadata.deletionTimestamp) cluster.setReady(pod, act === "ready");
          await cluster.quiet();
        }
        expect(violations).toEqual([]);
        await cluster.converge();
        const images = cluster.pods().map((pod) => pod.spec?.containers[0]?.image);
        const wanted = cluster.deployment().spec?.template.spec?.containers[0]?.image;
        expect(images).toEqual(Array.from({ length: replicas }, () => wanted));
        expect(cluster.api.all<Pod>(podResource).every(isAvailable)).toBe(true);
        await cluster.stop();
      },
    ),
    { numRuns: 60 },
  );
});
