/**
 * What the agent needs of a container engine. Two implementations: docker/ (real containers through the Docker API) and
 * simulated/ (pods that become Running without containers, thousands of nodes in one process).
 * All that identifies a sandbox or container is in its labels, so that an agent that restarts finds what runs.
 */
import type { Duplex, Readable } from "node:stream";
import type { AttachOptions, ExecOptions, ExecResult, ExecStreams, LogOptions } from "../../../proto/agent.ts";

export interface Runtime {
  /** Throws RuntimeUnavailableError while the engine does not answer. */
  info(): Promise<RuntimeInfo>;

  /**
   * Every sandbox and container that carries this node's labels, running or not. With `podUid`, those of that pod;
   * an implementation may then return more.
   */
  list(
    podUid?: string,
  ): Promise<{ readonly sandboxes: readonly SandboxState[]; readonly containers: readonly ContainerState[] }>;
  /** Called on every start, exit and OOM of what list() would show. Reconnects by itself; `resync` is called after a gap. */
  watch(sink: { changed(podUid: string): void; resync(): void }): () => void;

  /** Creates and starts the pause container; its network namespace is the pod's. */
  createSandbox(config: SandboxConfig): Promise<SandboxState>;
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;

  createContainer(sandbox: SandboxState, config: ContainerConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** SIGTERM (or the image's StopSignal), then SIGKILL after `graceSeconds`. Resolves when it has ended. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  /** Changes what a running container may use. Throws RuntimeError where the engine refuses. */
  updateContainer(id: string, resources: ContainerResources): Promise<void>;
  removeContainer(id: string): Promise<void>;
  inspectContainer(id: string): Promise<ContainerState | undefined>;

  imageStatus(image: string): Promise<ImageStatus | undefined>;
  /** Throws ImagePullError. */
  pullImage(image: string, auth?: RegistryAuth): Promise<ImageStatus>;
  listImages(): Promise<readonly ImageStatus[]>;

  /** Counters of a running container; undefined where it does not run (any more). */
  containerUsage(id: string): Promise<ContainerUsage | undefined>;

  logs(id: string, options: LogOptions, signal: AbortSignal): Promise<Readable>;
  exec(id: string, options: ExecOptions, streams: ExecStreams): Promise<ExecResult>;
  /** For probes and hooks: output cut at `limitBytes`; killed at the timeout (exitCode absent then). */
  execProbe(
    id: string,
    command: readonly string[],
    timeoutSeconds: number,
    limitBytes: number,
  ): Promise<{ readonly exitCode?: number; readonly output: string }>;
  attach(id: string, options: AttachOptions, streams: ExecStreams): Promise<ExecResult>;
  portForward(sandbox: SandboxState, port: number): Promise<Duplex>;

  /** The bridge that this node's pods are on, made if need be; absent where pods have no network of their own. */
  podNetwork?(): Promise<PodNetwork>;
  /**
   * How the bridge is to be from now on; resolves with what it is. A bridge that is otherwise is made anew, and the
   * sandboxes on it end with it.
   */
  configurePodNetwork?(wish: PodNetworkWish): Promise<PodNetwork>;
}

export interface PodNetworkWish {
  /** Where the engine has given these addresses away already others are taken. */
  readonly subnet: string;
  /** Absent: the engine's own. */
  readonly mtu?: number;
  /** Whether the engine hides the pods' addresses from all that is not on the bridge. */
  readonly masquerade: boolean;
}

export interface ContainerUsage {
  /** When it was read, in ms since the epoch. */
  readonly time: number;
  readonly cpuNanoseconds: number;
  readonly memoryUsageBytes: number;
  readonly memoryWorkingSetBytes: number;
}

export interface PodNetwork {
  /** The bridge's name as an interface of the engine's host. */
  readonly interface: string;
  /** "10.42.0.0/24" */
  readonly subnet: string;
  /** The host's own address on the bridge. */
  readonly gateway: string;
}

export interface RuntimeInfo {
  /** "docker" */
  readonly name: string;
  readonly version: string;
  readonly operatingSystem: string;
  readonly kernelVersion: string;
  readonly architecture: "amd64" | "arm64";
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cgroupDriver: string;
}

export interface SandboxConfig {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly hostname: string;
  /** Raised each time the sandbox of the same pod is made anew. */
  readonly attempt: number;
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  readonly shareProcessNamespace: boolean;
  readonly dns?: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly portMappings: readonly {
    readonly hostIP?: string;
    readonly hostPort: number;
    readonly containerPort: number;
    readonly protocol: "TCP" | "UDP" | "SCTP";
  }[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface SandboxState {
  readonly id: string;
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  readonly running: boolean;
  /** RFC 3339 */
  readonly createdAt: string;
  /** The pod's addresses; empty with the host's network. */
  readonly ips: readonly string[];
}

export interface ContainerResources {
  readonly cpuShares?: number;
  /** Microseconds per `cpuPeriod`. */
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryLimitBytes?: number;
}

export interface ContainerConfig extends ContainerResources {
  readonly podUid: string;
  readonly namespace: string;
  readonly podName: string;
  readonly name: string;
  readonly kind: "init" | "app" | "ephemeral";
  /** restartCount of the API's container status. */
  readonly attempt: number;
  readonly image: string;
  /** Overrides the image's entrypoint; $(VAR) already expanded. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly permissions: string;
  }[];
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** User, "uid", "uid:gid" or a name. */
  readonly user?: string;
  readonly supplementalGroups: readonly number[];
  readonly privileged: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly securityOpts: readonly string[];
  readonly oomScoreAdj?: number;
  readonly shmSizeBytes?: number;
  /** The container whose processes it sees (an ephemeral container's target). */
  readonly processesOf?: string;
  /** A hash of the container's spec: a different one means it must be made anew. */
  readonly specHash: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Mount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
  /** Undefined: what is mounted later on one side is not seen on the other. */
  readonly propagation?: "rslave" | "rshared" | undefined;
}

export interface ContainerState {
  readonly id: string;
  /** The sandbox it was made in; absent where the runtime does not keep it. */
  readonly sandboxId?: string;
  readonly podUid: string;
  readonly namespace: string;
  readonly podName: string;
  readonly name: string;
  readonly kind: ContainerConfig["kind"];
  readonly attempt: number;
  readonly specHash: string;
  readonly image: string;
  /** As kubelet shows it: "docker-pullable://repo@sha256:…" or "docker://sha256:…". */
  readonly imageId: string;
  readonly state: "created" | "running" | "exited";
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly signal?: number;
  readonly oomKilled: boolean;
  /** Why it could not be started, in the engine's words. */
  readonly error?: string;
  /** What it may use now; absent where the runtime does not tell. */
  readonly resources?: ContainerResources;
}

export interface ImageStatus {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  /** USER of the image: decides runAsNonRoot. */
  readonly user: string;
}

export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
}

export class RuntimeError extends Error {
  override name = "RuntimeError";
  /** "not-found": no such container; "conflict": in the wrong state; "start-failed": the process could not be started. */
  readonly reason: "not-found" | "conflict" | "start-failed" | "other";
  constructor(reason: RuntimeError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export class RuntimeUnavailableError extends Error {
  override name = "RuntimeUnavailableError";
}

export class ImagePullError extends Error {
  override name = "ImagePullError";
}
