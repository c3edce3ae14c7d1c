/** The node's status, as a pure function of what was measured. */
import { availableParallelism } from "node:os";
import type { ContainerImage, NodeCondition, NodeStatus } from "../../machinery/types/core/v1.ts";
import { type HostFacts, hostArchitecture, type Measurement } from "./measure.ts";

const MAX_IMAGES = 50;
const MAX_NAMES = 5;
const EVICTION_MEMORY = 100 << 20;
/** Both must be undercut: a tenth of a large disk is no reason to refuse pods. */
const DISK_SHARE = 0.05;
const DISK_BYTES = 2 ** 30;

/** Of Kubernetes 1.36, whose behaviour this node has. */
const KUBELET_VERSION = "v1.36.0-kl.0.1.0";

export interface NodeStatusInput {
  readonly host: HostFacts;
  readonly measured: Measurement;
  readonly addresses: readonly string[];
  readonly maxPods: number;
  readonly previous: NodeStatus | undefined;
  /** RFC 3339, to the second. */
  readonly now: string;
}

export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { host, measured, addresses, maxPods } = input;
  const { runtime, disk, memory } = measured;
  const memoryBytes = runtime?.memoryBytes ?? memory.totalBytes;
  const capacity = {
    cpu: String(runtime?.cpus ?? availableParallelism()),
    memory: `${Math.floor(memoryBytes / 1024)}Ki`,
    "ephemeral-storage": `${Math.floor(disk.totalBytes / 1024)}Ki`,
    pods: String(maxPods),
  };
  const version = runtime ? `${runtime.name}://${runtime.version}` : input.previous?.nodeInfo?.containerRuntimeVersion;
  return {
    capacity,
    // What the kubelet keeps back for its own eviction thresholds.
    allocatable: {
      ...capacity,
      memory: `${Math.floor((memoryBytes - EVICTION_MEMORY) / 1024)}Ki`,
      "ephemeral-storage": String(Math.floor(disk.totalBytes * 0.9)),
    },
    conditions: nodeConditions(input),
    addresses: [
      ...addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: host.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
    nodeInfo: {
      machineID: host.machineId,
      systemUUID: host.systemUuid,
      bootID: host.bootId,
      kernelVersion: runtime?.kernelVersion ?? host.kernel,
      osImage: runtime?.operatingSystem ?? host.osImage,
      containerRuntimeVersion: version ?? "docker://",
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: runtime?.architecture ?? hostArchitecture(),
    },
    images: measured.images.length > 0 ? imageList(measured) : (input.previous?.images ?? []),
  };
}

function imageList({ images }: Measurement): ContainerImage[] {
  return [...images]
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES)
    .map(({ repoDigests, repoTags, sizeBytes }) => ({
      names: [...repoDigests, ...repoTags].slice(0, MAX_NAMES),
      sizeBytes,
    }))
    .filter(({ names }) => names.length > 0);
}

type Verdict = readonly [type: string, status: "True" | "False", reason: string, message: string];

function nodeConditions({ measured, previous, now }: NodeStatusInput): NodeCondition[] {
  const { memory, disk, unavailable } = measured;
  const lowMemory = memory.availableBytes < EVICTION_MEMORY;
  const lowDisk = disk.availableBytes < DISK_BYTES && disk.availableBytes < disk.totalBytes * DISK_SHARE;
  const verdicts: Verdict[] = [
    lowMemory
      ? ["MemoryPressure", "True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"]
      : ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    lowDisk
      ? ["DiskPressure", "True", "KubeletHasDiskPressure", "kubelet has disk pressure"]
      : ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    unavailable === undefined
      ? ["Ready", "True", "KubeletReady", "kubelet is posting ready status"]
      : ["Ready", "False", "KubeletNotReady", `container runtime is down: ${unavailable}`],
  ];
  return verdicts.map(([type, status, reason, message]) => {
    const before = previous?.conditions?.find((condition) => condition.type === type);
    return {
      type,
      status,
      lastHeartbeatTime: now,
      lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? now) : now,
      reason,
      message,
    };
  });
}

/** Whether the server should hear of it before the next full report: anything but the heartbeat's time. */
export function statusChanged(a: NodeStatus | undefined, b: NodeStatus): boolean {
  const essence = (status: NodeStatus) =>
    JSON.stringify({
      ...status,
      conditions: status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest),
    });
  return a === undefined || essence(a) !== essence(b);
}
