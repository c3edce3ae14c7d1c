/** A whole agent on a real Docker engine, in a cluster of its own. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { type Agent, startAgent } from "../../src/agent/agent.ts";
import type { Runtime } from "../../src/agent/runtime/types.ts";
import { type Clock, systemClock } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import type { Container, ContainerStatus, Pod, PodSpec } from "../../src/machinery/types/core/v1.ts";
import { FakeLink } from "./fake-link.ts";
import { dockerRuntime } from "./runtime/docker/docker-fixture.ts";

export interface TestAgent {
  readonly link: FakeLink;
  readonly runtime: Runtime;
  readonly clusterId: string;
  readonly dataDir: string;
  agent: Agent;
  /** Ends the agent and starts a new one on the same folder and cluster, as a restart does. */
  restart(whileDown?: () => void | Promise<void>): Promise<void>;
  end(): Promise<void>;
}

export async function testAgent(clock: Clock = systemClock): Promise<TestAgent> {
  const link = new FakeLink();
  const dataDir = await mkdtemp(join(tmpdir(), "kl-agent-"));
  const { clusterId, runtime, clean } = dockerRuntime(undefined, clock);
  const start = () =>
    startAgent({ nodeName: "node-1", link, runtime, dataDir, clock, log: silentLogger, nodeIp: "192.0.2.1" });
  const test: TestAgent = {
    link,
    runtime,
    clusterId,
    dataDir,
    agent: await start(),
    async restart(whileDown) {
      await test.agent.stop();
      await whileDown?.();
      test.agent = await start();
    },
    async end() {
      await test.agent.stop();
      await clean();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return test;
}

export function podOf(name: string, containers: readonly Partial<Container>[], spec: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: randomUUID(), generation: 1 },
    spec: {
      nodeName: "node-1",
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      ...spec,
      containers: containers.map(withName),
      ...(spec.initContainers ? { initContainers: spec.initContainers.map(withName) } : {}),
    },
    status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "True" }] },
  };
}

function withName(container: Partial<Container>, index: number): Container {
  return { name: `c${index}`, image: "kl.test/busybox:1", imagePullPolicy: "IfNotPresent", ...container };
}

export const sleeper: Partial<Container> = { name: "sleeper", command: ["sleep", "100000"] };
/** A shell that ends at once at SIGTERM. */
export function shell(script: string): string[] {
  return ["sh", "-c", `trap 'exit 0' TERM; ${script}; sleep 100000 & wait`];
}

export async function until(check: () => void | Promise<void>, timeout = 10_000): Promise<void> {
  await vi.waitFor(check, { timeout, interval: 20 });
}

export function containerStatus(test: TestAgent, pod: string, container: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = test.link.status(pod) ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container);
}

export function condition(test: TestAgent, pod: string, type: string): string | undefined {
  return test.link.status(pod)?.conditions?.find((condition) => condition.type === type)?.status;
}
