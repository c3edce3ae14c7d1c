/** Quotas, budgets and protection with the API server's part of them, each controller with no more than its own rights. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KubeObject } from "../../../src/machinery/meta/object.ts";
import type { Deployment } from "../../../src/machinery/types/apps/v1.ts";
import type { PersistentVolumeClaim, Pod, ResourceQuota } from "../../../src/machinery/types/core/v1.ts";
import type { PodDisruptionBudget } from "../../../src/machinery/types/policy/v1.ts";
import { podResource, RealCluster } from "./real-cluster.ts";

const core = (resource: string) => ({ group: "", version: "v1", resource });
const budgets = { group: "policy", version: "v1", resource: "poddisruptionbudgets" };
const deployments = { group: "apps", version: "v1", resource: "deployments" };
const patience = { timeout: 10_000, interval: 20 };

let cluster: RealCluster;
beforeEach(async () => {
  cluster = await RealCluster.start();
  const accounts = cluster.client.resource<KubeObject>(core("serviceaccounts"), "default");
  await vi.waitFor(() => accounts.get("default"), patience);
});
afterEach(() => cluster.stop());

function deployment(replicas: number): Deployment {
  const labels = { app: "web" };
  return {
    metadata: { name: "web" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "busybox" }] } },
    },
  };
}

test("a quota holds a Deployment back, and lets it go on when it is raised", async () => {
  const quotas = cluster.client.resource<ResourceQuota>(core("resourcequotas"), "default");
  await quotas.create({ metadata: { name: "few" }, spec: { hard: { pods: "2" } } });
  await vi.waitFor(async () => expect((await quotas.get("few")).status?.used).toEqual({ pods: "0" }), patience);
  await cluster.client.resource<Deployment>(deployments, "default").create(deployment(3));
  const used = async () => (await quotas.get("few")).status;
  await vi.waitFor(async () => expect(await used()).toEqual({ hard: { pods: "2" }, used: { pods: "2" } }), patience);
  await vi.waitFor(() => expect(cluster.pods()).toHaveLength(2), patience);
  await quotas.patch("few", { type: "merge", patch: { spec: { hard: { pods: "3" } } } });
  await vi.waitFor(async () => expect(await used()).toEqual({ hard: { pods: "3" }, used: { pods: "3" } }), {
    timeout: 20_000,
    interval: 50,
  });
  const [first] = cluster.pods();
  await cluster.client.resource<Deployment>(deployments, "default").patch("web", {
    type: "merge",
    patch: { spec: { replicas: 0 } },
  });
  expect(first?.metadata.name).toBeDefined();
  await vi.waitFor(async () => expect((await used())?.used).toEqual({ pods: "0" }), patience);
}, 40_000);

test("a budget is reckoned, gives as much as it has, and gives again when pods are replaced", async () => {
  await cluster.client.resource<Deployment>(deployments, "default").create(deployment(2));
  const own = cluster.client.resource<PodDisruptionBudget>(budgets, "default");
  await own.create({
    metadata: { name: "web" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
  });
  const status = async () => (await own.get("web")).status;
  const all = { currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, disruptionsAllowed: 1 };
  await vi.waitFor(async () => expect(await status()).toMatchObject(all), patience);
  const pods = cluster.client.resource<Pod>(podResource, "default");
  await vi.waitFor(() => expect(cluster.pods()).toHaveLength(2), patience);
  const names = cluster.pods().map(({ metadata }) => metadata.name ?? "");
  const evict = (name: string) => pods.createSubresource(name, "eviction", { metadata: { name } });
  const answers = await Promise.allSettled(names.map(evict));
  expect(answers.map((answer) => answer.status).sort()).toEqual(["fulfilled", "rejected"]);
  await vi.waitFor(async () => expect(await status()).toMatchObject(all), patience);
}, 30_000);

test("a claim is protected from its start, and goes when nobody uses it", async () => {
  const claims = cluster.client.resource<PersistentVolumeClaim>(core("persistentvolumeclaims"), "default");
  const made = await claims.create({
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  expect(made.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
  await claims.delete("data");
  await vi.waitFor(() => expect(claims.get("data")).rejects.toThrow("not found"), patience);
});
