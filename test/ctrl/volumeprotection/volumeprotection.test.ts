import { expect, test } from "vitest";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../../src/machinery/types/core/v1.ts";
import { podResource, SimulatedCluster } from "../simulated-cluster.ts";

const claims = { group: "", version: "v1", resource: "persistentvolumeclaims" };
const volumes = { group: "", version: "v1", resource: "persistentvolumes" };

function podWith(name: string, claimName: string, nodeName?: string): Pod {
  return {
    metadata: { name, namespace: "default" },
    spec: {
      containers: [{ name: "main", image: "busybox" }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
      ...(nodeName === undefined ? {} : { nodeName }),
    },
  };
}

test("a claim is protected, and goes with the last pod that uses it on a node", async () => {
  const cluster = await SimulatedCluster.start(["pvc-protection"]);
  const api = cluster.api.resource<PersistentVolumeClaim>(claims, "default");
  const pods = cluster.api.resource<Pod>(podResource, "default");
  await api.create({ metadata: { name: "data", namespace: "default" } });
  await cluster.quiet();
  expect((await api.get("data")).metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
  await pods.create(podWith("user", "data", "n1"));
  await pods.create(podWith("waiting", "data"));
  await api.delete("data");
  await cluster.quiet();
  expect((await api.get("data")).metadata.deletionTimestamp).toBeDefined();
  await pods.delete("user", { gracePeriodSeconds: 0 });
  await cluster.quiet();
  await expect(api.get("data")).rejects.toThrow("not found");
  await cluster.stop();
});

test("a volume goes when it is no longer bound", async () => {
  const cluster = await SimulatedCluster.start(["pv-protection"]);
  const api = cluster.api.resource<PersistentVolume>(volumes);
  await api.create({ metadata: { name: "pv" }, status: { phase: "Bound" } });
  await cluster.quiet();
  await api.delete("pv");
  await cluster.quiet();
  const bound = await api.get("pv");
  expect(bound.metadata.finalizers).toEqual(["kubernetes.io/pv-protection"]);
  await api.updateStatus({ ...bound, status: { phase: "Released" } });
  await cluster.quiet();
  await expect(api.get("pv")).rejects.toThrow("not found");
  await cluster.stop();
});
