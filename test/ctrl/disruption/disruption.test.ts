import { expect, test } from "vitest";
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import type { ReplicaSet } from "../../../src/machinery/types/apps/v1.ts";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from "../../../src/machinery/types/policy/v1.ts";
import { podResource, replicaSetResource, SimulatedCluster } from "../simulated-cluster.ts";

const budgets = { group: "policy", version: "v1", resource: "poddisruptionbudgets" };
const labels = { app: "web" };

async function cluster(spec: PodDisruptionBudgetSpec, replicas: number, ready: number) {
  const simulated = await SimulatedCluster.start(["disruption"], builtinDefinitions());
  const owner = await simulated.api
    .resource<ReplicaSet>(replicaSetResource, "default")
    .create({ metadata: { name: "web", namespace: "default" }, spec: { replicas, selector: { matchLabels: labels } } });
  const pods = simulated.api.resource<Pod>(podResource, "default");
  for (let i = 0; i < replicas; i++) {
    const pod = podOf(`p${i}`, `${owner.metadata.uid}`, i < ready);
    const made = await pods.create(pod);
    await pods.updateStatus({ ...made, ...(pod.status ? { status: pod.status } : {}) });
  }
  const api = simulated.api.resource<PodDisruptionBudget>(budgets, "default");
  await api.create({
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { matchLabels: labels }, ...spec },
  });
  await simulated.quiet();
  return { simulated, pods, api, status: async () => (await api.get("web")).status };
}

function podOf(name: string, uid: string, ready: boolean, kind = "ReplicaSet", apiVersion = "apps/v1"): Pod {
  return {
    metadata: {
      name,
      namespace: "default",
      labels,
      ownerReferences: [{ apiVersion, kind, name: "web", uid, controller: true }],
    },
    spec: { containers: [] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

test.each<[PodDisruptionBudgetSpec, number, number, object]>([
  [{ minAvailable: 2 }, 3, 3, { currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 }],
  [{ minAvailable: 2 }, 3, 2, { currentHealthy: 2, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 0 }],
  [{ minAvailable: "50%" }, 5, 5, { currentHealthy: 5, desiredHealthy: 3, expectedPods: 5, disruptionsAllowed: 2 }],
  [{ maxUnavailable: 1 }, 4, 4, { currentHealthy: 4, desiredHealthy: 3, expectedPods: 4, disruptionsAllowed: 1 }],
  [{ maxUnavailable: "30%" }, 4, 3, { currentHealthy: 3, desiredHealthy: 2, expectedPods: 4, disruptionsAllowed: 1 }],
  [{ maxUnavailable: "100%" }, 2, 2, { currentHealthy: 2, desiredHealthy: 0, expectedPods: 2, disruptionsAllowed: 2 }],
])("%o of %i pods, %i of them ready", async (spec, replicas, ready, wanted) => {
  const { simulated, status } = await cluster(spec, replicas, ready);
  expect(await status()).toMatchObject(wanted);
  const allowed = (wanted as { disruptionsAllowed: number }).disruptionsAllowed > 0;
  expect((await status())?.conditions).toMatchObject([
    {
      type: "DisruptionAllowed",
      status: allowed ? "True" : "False",
      reason: allowed ? "SufficientPods" : "InsufficientPods",
    },
  ]);
  await simulated.stop();
});

test("a granted eviction counts until the pod goes, or for two minutes", async () => {
  const { simulated, api, status } = await cluster({ minAvailable: 2 }, 3, 3);
  const budget = await api.get("web");
  const now = new Date(simulated.clock.now()).toISOString();
  await api.updateStatus({
    ...budget,
    status: { ...budget.status, disruptionsAllowed: 0, disruptedPods: { p0: now, gone: now } },
  });
  await simulated.quiet();
  expect(await status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0, disruptedPods: { p0: now } });
  await simulated.pass(121_000);
  expect(await status()).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
  expect((await status())?.disruptedPods).toBeUndefined();
  expect(simulated.events).toContainEqual(
    expect.stringContaining("/p0 Warning NotDeleted: Pod was expected by PDB default/web to be deleted but it wasn't"),
  );
  await simulated.stop();
});

test("a budget over pods that nobody counts lets nothing go", async () => {
  const { simulated, pods, status } = await cluster({ maxUnavailable: 1 }, 1, 1);
  await pods.create(podOf("job", "uid-of-job", true, "Job", "batch/v1"));
  await simulated.quiet();
  expect(await status()).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [
      { status: "False", reason: "SyncFailed", message: "jobs.batch does not implement the scale subresource" },
    ],
  });
  await simulated.stop();
});
