/** App, init and ephemeral containers: from our configuration to Docker's, and from Docker's state to ours. */
import type Docker from "dockerode";
import type { ContainerConfig, ContainerResources, ContainerState, SandboxState } from "../types.ts";
import { containerLabels, dockerName, label, type Ownership } from "./labels.ts";
import { required } from "./sandbox.ts";

export interface SandboxNamespaces {
  readonly sandbox: SandboxState;
  /** As Docker's PidMode: "" for a namespace of the container's own. */
  readonly pidMode: string;
  readonly ipcMode: string;
  readonly lowestOomScore: number;
}

export function containerOptions(
  config: ContainerConfig,
  { sandbox, pidMode, ipcMode, lowestOomScore }: SandboxNamespaces,
  owner: Ownership,
): Docker.ContainerCreateOptions {
  const pod = { namespace: config.namespace, name: config.podName, uid: config.podUid };
  return {
    name: dockerName(config.name, pod, config.attempt),
    Image: config.image,
    ...(config.command ? { Entrypoint: [...config.command] } : {}),
    // Docker drops the image's own arguments when the entrypoint is replaced, as Kubernetes wants it.
    ...(config.args ? { Cmd: [...config.args] } : {}),
    ...(config.workingDir ? { WorkingDir: config.workingDir } : {}),
    ...(config.user === undefined ? {} : { User: config.user }),
    Env: config.env.map(({ name, value }) => `${name}=${value}`),
    OpenStdin: config.stdin,
    StdinOnce: config.stdinOnce,
    Tty: config.tty,
    Labels: containerLabels(owner, config, sandbox.id),
    // An image's own health check would run beside the pod's probes.
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: `container:${sandbox.id}`,
      IpcMode: ipcMode,
      ...(pidMode === "" ? {} : { PidMode: pidMode }),
      Mounts: config.mounts.map((mount) => ({
        Type: "bind",
        Source: mount.hostPath,
        Target: mount.containerPath,
        ReadOnly: mount.readOnly,
        // Where none is named, the engine takes what is right for folders that hold its own: not even "/" is refused then.
        ...(mount.propagation === undefined ? {} : { BindOptions: { Propagation: mount.propagation } }),
      })) as unknown as Docker.MountConfig,
      Devices: config.devices.map((device) => ({
        PathOnHost: device.hostPath,
        PathInContainer: device.containerPath,
        CgroupPermissions: device.permissions,
      })),
      Privileged: config.privileged,
      ReadonlyRootfs: config.readOnlyRootFilesystem,
      CapAdd: [...config.addCapabilities],
      CapDrop: [...config.dropCapabilities],
      GroupAdd: config.supplementalGroups.map(String),
      SecurityOpt: [...config.securityOpts, ...(config.noNewPrivileges ? ["no-new-privileges"] : [])],
      ...cgroupOptions(config),
      ...(config.oomScoreAdj === undefined ? {} : { OomScoreAdj: Math.max(lowestOomScore, config.oomScoreAdj) }),
      ...(config.shmSizeBytes === undefined ? {} : { ShmSize: config.shmSizeBytes }),
      // Named, so that logs can be read whatever the engine's default is; the sizes are the kubelet's defaults.
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "5" } },
    },
  };
}

export function cgroupOptions({ cpuShares, cpuQuota, cpuPeriod, memoryLimitBytes }: ContainerResources) {
  return {
    ...(cpuShares === undefined ? {} : { CpuShares: cpuShares }),
    ...(cpuQuota === undefined ? {} : { CpuQuota: cpuQuota }),
    ...(cpuPeriod === undefined ? {} : { CpuPeriod: cpuPeriod }),
    // Swap equal to memory: no swap, so that the limit is the limit.
    ...(memoryLimitBytes === undefined ? {} : { Memory: memoryLimitBytes, MemorySwap: memoryLimitBytes }),
  };
}

function resourcesOf({ CpuShares, CpuQuota, Memory }: NonNullable<Inspected["HostConfig"]>): ContainerResources {
  return {
    ...(CpuShares ? { cpuShares: CpuShares } : {}),
    ...(CpuQuota ? { cpuQuota: CpuQuota } : {}),
    ...(Memory ? { memoryLimitBytes: Memory } : {}),
  };
}

/** The part of Docker's inspect answer that is used here. */
export type Inspected = Pick<Docker.ContainerInspectInfo, "Id" | "Created" | "Image"> & {
  readonly State: Pick<
    Docker.ContainerInspectInfo["State"],
    "Status" | "Running" | "OOMKilled" | "ExitCode" | "Error" | "StartedAt" | "FinishedAt"
  >;
  readonly Config: Pick<Docker.ContainerInspectInfo["Config"], "Image" | "Labels">;
  readonly HostConfig?: Pick<Docker.HostConfig, "CpuShares" | "CpuQuota" | "Memory">;
};

/** `imageId` as imageIdOf() of images.ts gives it. */
export function containerState(inspected: Inspected, imageId: string): ContainerState {
  const labels = inspected.Config.Labels;
  const { State: state } = inspected;
  const startedAt = time(state.StartedAt);
  const finishedAt = time(state.FinishedAt);
  const ended = !state.Running && (finishedAt !== undefined || state.Status === "exited" || state.Status === "dead");
  // A container whose start failed stays "created" in Docker, with the exit code (127, 126 or 128) and the reason set.
  const failedToStart = !state.Running && state.ExitCode !== 0 && state.Error !== "";
  return {
    id: inspected.Id,
    ...(labels[label.sandbox] === undefined ? {} : { sandboxId: labels[label.sandbox] }),
    podUid: required(labels, label.podUid),
    namespace: required(labels, label.podNamespace),
    podName: required(labels, label.podName),
    name: required(labels, label.containerName),
    kind: required(labels, label.containerKind) as ContainerState["kind"],
    attempt: Number(required(labels, label.attempt)),
    specHash: required(labels, label.specHash),
    image: inspected.Config.Image,
    imageId,
    state: state.Running ? "running" : ended || failedToStart ? "exited" : "created",
    createdAt: inspected.Created,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(ended && finishedAt !== undefined ? { finishedAt } : {}),
    ...(ended || failedToStart ? { exitCode: state.ExitCode } : {}),
    oomKilled: state.OOMKilled,
    ...(state.Error ? { error: state.Error } : {}),
    ...(inspected.HostConfig ? { resources: resourcesOf(inspected.HostConfig) } : {}),
  };
}

/** Docker writes "0001-01-01T00:00:00Z" for never. */
function time(value: string): string | undefined {
  return value === "" || value.startsWith("0001-") ? undefined : value;
}
