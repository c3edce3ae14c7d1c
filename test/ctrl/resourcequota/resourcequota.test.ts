import { expect, test } from "vitest";
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import type { Pod, ResourceQuota } from "../../../src/machinery/types/core/v1.ts";
import { podResource, SimulatedCluster } from "../simulated-cluster.ts";

const quotas = { group: "", version: "v1", resource: "resourcequotas" };

function podNamed(name: string, cpu: string): Pod {
  return {
    metadata: { name, namespace: "default" },
    spec: { containers: [{ name: "main", image: "busybox", resources: { requests: { cpu } } }] },
    status: { phase: "Running" },
  };
}

test("a quota is counted, and counted again when pods end or go", async () => {
  const cluster = await SimulatedCluster.start(["resourcequota"], builtinDefinitions());
  const pods = cluster.api.resource<Pod>(podResource, "default");
  const api = cluster.api.resource<ResourceQuota>(quotas, "default");
  await pods.create(podNamed("a", "100m"));
  await pods.create(podNamed("b", "400m"));
  const hard = { pods: "5", "requests.cpu": "2", "count/pods": "9", "count/deployments.apps": "3" };
  await api.create({ metadata: { name: "q", namespace: "default" }, spec: { hard } });
  await cluster.quiet();
  const used = async () => (await api.get("q")).status?.used;
  expect((await api.get("q")).status?.hard).toEqual(hard);
  expect(await used()).toEqual({ pods: "2", "requests.cpu": "500m", "count/pods": "2", "count/deployments.apps": "0" });

  const a = await pods.get("a");
  await pods.updateStatus({ ...a, status: { phase: "Succeeded" } });
  await cluster.quiet();
  expect(await used()).toEqual({ pods: "1", "requests.cpu": "400m", "count/pods": "2", "count/deployments.apps": "0" });

  await pods.delete("b", { gracePeriodSeconds: 0 });
  await cluster.quiet();
  expect(await used()).toEqual({ pods: "0", "requests.cpu": "0", "count/pods": "1", "count/deployments.apps": "0" });
  await cluster.stop();
});

test("a charge for what never came is taken back in time", async () => {
  const cluster = await SimulatedCluster.start(["resourcequota"], builtinDefinitions());
  const api = cluster.api.resource<ResourceQuota>(quotas, "default");
  await api.create({ metadata: { name: "q", namespace: "default" }, spec: { hard: { pods: "5" } } });
  await cluster.quiet();
  const quota = await api.get("q");
  await api.updateStatus({ ...quota, status: { hard: { pods: "5" }, used: { pods: "3" } } });
  await cluster.pass(300_000);
  await cluster.quiet();
  expect((await api.get("q")).status?.used).toEqual({ pods: "0" });
  await cluster.stop();
});
