/** A Docker runtime of a cluster of its own, and the removal of all it made. */
import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { label } from "../../../../src/agent/runtime/docker/labels.ts";
import { createDockerRuntime } from "../../../../src/agent/runtime/docker/runtime.ts";
import type { ContainerConfig, Runtime, SandboxConfig } from "../../../../src/agent/runtime/types.ts";
import { type Clock, systemClock } from "../../../../src/machinery/clock.ts";
import { silentLogger } from "../../../../src/machinery/logger.ts";

export const docker = new Docker();

export function dockerRuntime(clusterId: string = `test-${randomUUID()}`, clock: Clock = systemClock) {
  const runtime: Runtime = createDockerRuntime({ clusterId, nodeName: "node-1", clock, log: silentLogger });
  return { clusterId, runtime, clean: () => removeCluster(clusterId) };
}

export async function removeCluster(clusterId: string): Promise<void> {
  const filters = { label: [`${label.cluster}=${clusterId}`] };
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  const networks = await docker.listNetworks({ filters });
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
}

export function sandboxConfig(uid: string, changes: Partial<SandboxConfig> = {}): SandboxConfig {
  return {
    podUid: uid,
    namespace: "default",
    name: `pod-${uid.slice(0, 8)}`,
    hostname: "web",
    attempt: 0,
    hostNetwork: false,
    hostPID: false,
    hostIPC: false,
    shareProcessNamespace: false,
    hostAliases: [],
    portMappings: [],
    sysctls: {},
    labels: {},
    ...changes,
  };
}

export function containerConfig(uid: string, image: string, changes: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    podUid: uid,
    namespace: "default",
    podName: `pod-${uid.slice(0, 8)}`,
    name: "app",
    kind: "app",
    attempt: 0,
    image,
    env: [],
    mounts: [],
    devices: [],
    stdin: false,
    stdinOnce: false,
    tty: false,
    supplementalGroups: [],
    privileged: false,
    readOnlyRootFilesystem: false,
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: false,
    securityOpts: [],
    specHash: "hash",
    labels: {},
    ...changes,
  };
}
