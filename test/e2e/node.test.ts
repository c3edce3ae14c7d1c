/** The node, held against what a user of kubectl knows of kubelets: real pods on a real Docker engine. */
import { afterAll, beforeAll, describe, vi } from "vitest";
import { describeDocker } from "../docker-gate.ts";
import { grpcHealthServer } from "./grpc-health.ts";
import { clientLibraryPods, clientLibraryTests } from "./node-client-library.ts";
import { NodeCluster } from "./node-cluster.ts";
import { configurationObjects, configurationTests } from "./node-configuration.ts";
import { crowdTests, longNamedPod, restartTests } from "./node-crowd.ts";
import { imagePods, imageTests } from "./node-images.ts";
import { kubectlObjects, kubectlTests } from "./node-kubectl.ts";
import { lifecyclePods, lifecycleTests } from "./node-lifecycle.ts";
import { probePods, probeTests } from "./node-probes.ts";
import { streamPods, streamTests } from "./node-streams.ts";
import { volumeObjects, volumeTests } from "./node-volumes.ts";

// Nearly all of the time goes by waiting for pods: all of them are waited for at once.
vi.setConfig({ maxConcurrency: 100, testTimeout: 90_000 });

describeDocker("the node on Docker", () => {
  const cluster = new NodeCluster();
  let health: Awaited<ReturnType<typeof grpcHealthServer>>;
  beforeAll(async () => {
    health = await grpcHealthServer();
    await cluster.start();
    await cluster.create(
      ...configurationObjects(),
      ...volumeObjects(cluster),
      ...streamPods(),
      ...clientLibraryPods(),
      ...kubectlObjects(),
      ...imagePods(),
      ...probePods(health.port),
      ...lifecyclePods(cluster),
      longNamedPod(),
    );
  }, 60_000);
  afterAll(async () => {
    health.close();
    await cluster.destroy();
  }, 60_000);

  describe("containers", () => lifecycleTests(cluster));
  describe("images", () => imageTests(cluster));
  describe("configuration", () => configurationTests(cluster));
  describe("volumes", () => volumeTests(cluster));
  describe("probes", () => probeTests(cluster));
  describe("streams", () => streamTests(cluster));
  describe("the client library", () => clientLibraryTests(cluster));
  describe("kubectl", () => kubectlTests(cluster));
  describe("names", () => crowdTests(cluster));
  describe("a restart", () => restartTests(cluster));
});
