/** The node, held against what a user of kubectl knows of kubelets: real pods on a real Docker engine. */
import { afterAll, beforeAll, describe, vi } from "vitest";
import { describeDocker } from "../docker-gate.ts";
import { NodeCluster } from "./node-cluster.ts";
import { configurationObjects, configurationTests } from "./node-configuration.ts";
import { imagePods, imageTests } from "./node-images.ts";
import { lifecyclePods, lifecycleTests } from "./node-lifecycle.ts";

// Nearly all of the time goes by waiting for pods: all of them are waited for at once.
vi.setConfig({ maxConcurrency: 100, testTimeout: 60_000 });

describeDocker("the node on Docker", () => {
  const cluster = new NodeCluster();
  beforeAll(async () => {
    await cluster.start();
    await cluster.create(...configurationObjects(), ...imagePods(), ...lifecyclePods(cluster));
  }, 60_000);
  afterAll(() => cluster.destroy(), 60_000);

  describe("containers", () => lifecycleTests(cluster));
  describe("images", () => imageTests(cluster));
  describe("configuration", () => configurationTests(cluster));
});
