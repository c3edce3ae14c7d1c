/** The Runtime on a Docker engine: each idea has its file; here they meet. */
import type Docker from "dockerode";
import type { Clock } from "../../../machinery/clock.ts";
import type { Logger } from "../../../machinery/logger.ts";
import {
  type ContainerConfig,
  type ContainerResources,
  type ContainerState,
  type ContainerUsage,
  type ImageStatus,
  type PodNetwork,
  type PodNetworkWish,
  type Runtime,
  RuntimeError,
  type RuntimeInfo,
  RuntimeUnavailableError,
  type SandboxConfig,
  type SandboxState,
} from "../types.ts";
import { attachToContainer } from "./attach.ts";
import { cgroupOptions, containerOptions, containerState, type Inspected } from "./containers.ts";
import { connectEngine, type Engine, engineMessage } from "./engine.ts";
import { watchEvents } from "./events.ts";
import { execForProbe, execInContainer } from "./exec.ts";
import { imageIdOf, imageStatus, listImages, pullImage } from "./images.ts";
import { label, type Ownership, ownershipFilter } from "./labels.ts";
import { containerLogs } from "./logs.ts";
import { ensureNetwork, podNetwork } from "./network.ts";
import { ensurePauseImage } from "./pause/image.ts";
import { connectToPod } from "./port-forward.ts";
import { create, createSandbox, SANDBOX_OOM_SCORE, sandboxOptions, sandboxState } from "./sandbox.ts";
import { containerUsage } from "./usage.ts";

export interface DockerRuntimeOptions {
  /** As DOCKER_HOST; absent: DOCKER_HOST or the platform's socket. */
  readonly host?: string;
  /** Tells the containers of one cluster from those of another on the same engine. */
  readonly clusterId: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const PING_TIMEOUT = 15_000;
/** How long after an end the engine may still learn that it was the kernel's doing for want of memory (ms). */
const OOM_NOTICE = 150;
/** How long it is waited for in all, ms: a loaded machine is slow to tell. */
const OOM_PATIENCE = 900;

/** Does not connect yet: the first call does. */
export function createDockerRuntime(options: DockerRuntimeOptions): Runtime {
  return new DockerRuntime(options);
}

class DockerRuntime implements Runtime {
  readonly #engine: Engine;
  readonly #owner: Ownership;
  #networkWish: PodNetworkWish | undefined;
  readonly #clock: Clock;
  readonly #log: Logger;
  #info: Promise<RuntimeInfo> | undefined;
  #pauseImage: Promise<string> | undefined;
  #network: Promise<string> | undefined;
  /** 0 once it was seen that this engine may not lower scores (an engine without CAP_SYS_RESOURCE, or rootless). */
  #oomScore = SANDBOX_OOM_SCORE;
  /** Whether the engine can limit cpu and memory: one that cannot forgets what it was asked for. */
  #keepsLimits = false;
  /** Ended containers do not change any more: they are inspected once. */
  readonly #ended = new Map<string, ContainerState>();
  /** Containers of which the engine told an "oom" event: it may forget by the time it tells how they ended. */
  readonly #outOfMemory = new Set<string>();
  readonly #imageIds = new Map<string, string>();

  constructor(options: DockerRuntimeOptions) {
    this.#engine = connectEngine(options.host);
    this.#owner = { clusterId: options.clusterId, nodeName: options.nodeName };
    this.#clock = options.clock;
    this.#log = options.log;
  }

  async info(): Promise<RuntimeInfo> {
    if (this.#info) {
      await this.#ping();
      return await this.#info;
    }
    const asked = this.#askInfo();
    this.#info = asked;
    asked.catch(() => {
      this.#info = undefined;
    });
    return await asked;
  }

  /** An engine that hangs is as good as none. */
  async #ping(): Promise<void> {
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      const { address } = this.#engine;
      const error = new RuntimeUnavailableError(`the Docker daemon at ${address} does not answer in time`);
      cancel = this.#clock.after(PING_TIMEOUT, () => reject(error));
    });
    try {
      await Promise.race([this.#engine.call((docker) => docker.ping()), late]);
    } finally {
      cancel();
    }
  }

  async #askInfo(): Promise<RuntimeInfo> {
    const [info, version] = await this.#engine.call((docker) => Promise.all([docker.info(), docker.version()]));
    this.#keepsLimits = info.MemoryLimit && info.CpuCfsQuota && (info as { CPUShares?: boolean }).CPUShares === true;
    return {
      name: "docker",
      version: version.Version,
      operatingSystem: info.OperatingSystem,
      kernelVersion: info.KernelVersion,
      architecture: version.Arch === "arm64" ? "arm64" : "amd64",
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      cgroupDriver: info.CgroupDriver,
    };
  }

  async list(podUid?: string) {
    const entries = await this.#engine.call((docker) =>
      docker.listContainers({ all: true, filters: { label: ownershipFilter(this.#owner, podUid) } }),
    );
    const sandboxes: Promise<SandboxState | undefined>[] = [];
    const containers: Promise<ContainerState | undefined>[] = [];
    for (const entry of entries) {
      if (entry.Labels[label.role] === "sandbox") {
        const createdAt = new Date(entry.Created * 1000).toISOString();
        const running = entry.State === "running";
        const networks = entry.NetworkSettings?.Networks ?? {};
        const listed = sandboxState(entry.Id, entry.Labels, running, createdAt, networks);
        // The engine tells of an end before its list shows it; inspect is exact.
        sandboxes.push(running && podUid !== undefined ? this.#inspectSandbox(entry.Id) : Promise.resolve(listed));
      } else if (entry.State !== "removing") {
        containers.push(this.inspectContainer(entry.Id));
      }
    }
    if (podUid === undefined) this.#forgetAllBut(new Set(entries.map((entry) => entry.Id)));
    return {
      sandboxes: (await Promise.all(sandboxes)).filter((sandbox) => sandbox !== undefined),
      containers: (await Promise.all(containers)).filter((container) => container !== undefined),
    };
  }

  async #inspectSandbox(id: string): Promise<SandboxState | undefined> {
    try {
      const inspected = await this.#engine.call((docker) => docker.getContainer(id).inspect());
      const { Labels } = inspected.Config;
      return sandboxState(id, Labels, inspected.State.Running, inspected.Created, inspected.NetworkSettings.Networks);
    } catch (error) {
      if (error instanceof RuntimeError && error.reason === "not-found") return undefined;
      throw error;
    }
  }

  #forgetAllBut(present: ReadonlySet<string>): void {
    for (const id of this.#ended.keys()) if (!present.has(id)) this.#ended.delete(id);
    for (const id of this.#outOfMemory) if (!present.has(id)) this.#outOfMemory.delete(id);
  }

  watch(sink: { changed(podUid: string): void; resync(): void }): () => void {
    return watchEvents(this.#engine, this.#owner, this.#clock, this.#log, {
      changed: (podUid) => sink.changed(podUid),
      resync: () => sink.resync(),
      outOfMemory: (id) => {
        this.#outOfMemory.add(id);
        this.#ended.delete(id);
      },
    });
  }

  async createSandbox(config: SandboxConfig): Promise<SandboxState> {
    this.#pauseImage ??= this.info().then((info) => ensurePauseImage(this.#engine, info.architecture));
    try {
      const [image, network] = await Promise.all([this.#pauseImage, this.#ensureNetwork()]);
      const id = await this.#startSandbox(config, image, network);
      const made = await this.#inspectSandbox(id);
      if (!made?.running) throw new RuntimeError("other", "the sandbox ended as soon as it was started");
      return made;
    } catch (error) {
      // Whoever prunes the engine may have taken the image or the network away: the next attempt makes them again.
      this.#pauseImage = undefined;
      this.#network = undefined;
      throw error;
    }
  }

  #ensureNetwork(): Promise<string> {
    this.#network ??= ensureNetwork(this.#engine, this.#owner, this.#networkWish, this.#log);
    return this.#network;
  }

  async configurePodNetwork(wish: PodNetworkWish): Promise<PodNetwork> {
    this.#networkWish = wish;
    this.#network = undefined;
    return await this.podNetwork();
  }

  async podNetwork(): Promise<PodNetwork> {
    try {
      return await podNetwork(this.#engine, await this.#ensureNetwork());
    } catch (error) {
      this.#network = undefined;
      throw error;
    }
  }

  async #startSandbox(config: SandboxConfig, image: string, network: string): Promise<string> {
    const start = (oomScore: number) =>
      createSandbox(this.#engine, sandboxOptions(config, this.#owner, image, network, oomScore));
    if (this.#oomScore === 0) return await start(0);
    try {
      return await start(this.#oomScore);
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.reason !== "other") throw error;
      // runc does not say what it was that it could not set.
      const id = await start(0).catch(() => {
        throw error;
      });
      this.#log.warn({ err: error }, "this Docker engine cannot lower OOM scores: pods run without");
      this.#oomScore = 0;
      return id;
    }
  }

  async stopSandbox(id: string): Promise<void> {
    await this.#stop(id, 1);
  }

  async removeSandbox(id: string): Promise<void> {
    await this.removeContainer(id);
  }

  async createContainer(sandbox: SandboxState, config: ContainerConfig): Promise<string> {
    const options = await this.#engine.call(async (docker) => {
      const { HostConfig: host, Config: settings } = await docker.getContainer(sandbox.id).inspect();
      const own = `container:${sandbox.id}`;
      const shared = settings.Labels[label.sharedProcesses] === "true" ? own : (host.PidMode ?? "");
      const pidMode = shared === "" && config.processesOf ? `container:${config.processesOf}` : shared;
      const ipcMode = host.IpcMode === "host" ? "host" : own;
      // What the sandbox could not have, its containers cannot have either.
      const lowest = host.OomScoreAdj === 0 ? 0 : -1000;
      return containerOptions(config, { sandbox, pidMode, ipcMode, lowestOomScore: lowest }, this.#owner);
    });
    const container = await this.#engine.call((docker) => create(docker, options));
    return container.id;
  }

  async startContainer(id: string): Promise<void> {
    try {
      await this.#engine.call((docker) => docker.getContainer(id).start());
    } catch (error) {
      if (error instanceof RuntimeError && error.reason === "other") {
        throw new RuntimeError("start-failed", error.message, { cause: error });
      }
      throw error;
    }
  }

  async updateContainer(id: string, resources: ContainerResources): Promise<void> {
    await this.#engine.call((docker) => docker.getContainer(id).update(cgroupOptions(resources)));
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    await this.#stop(id, graceSeconds);
  }

  /** 304 (already stopped) and 404 (already gone) are what was wanted. */
  async #stop(id: string, graceSeconds: number): Promise<void> {
    await this.#engine.call((docker) =>
      docker
        .getContainer(id)
        .stop({ t: Math.max(0, Math.ceil(graceSeconds)) })
        .catch((error: { statusCode?: number }) => {
          if (error.statusCode !== 304 && error.statusCode !== 404) throw error;
        }),
    );
  }

  async removeContainer(id: string): Promise<void> {
    await this.#engine.call((docker) =>
      docker
        .getContainer(id)
        .remove({ force: true, v: true })
        .catch((error: { statusCode?: number }) => {
          // 409: its removal is under way already.
          const gone =
            error.statusCode === 404 || (error.statusCode === 409 && /already in progress/.test(engineMessage(error)));
          if (!gone) throw error;
        }),
    );
    this.#ended.delete(id);
  }

  async inspectContainer(id: string): Promise<ContainerState | undefined> {
    const known = this.#ended.get(id);
    if (known) return known;
    try {
      let inspected = await this.#engine.call((docker) => docker.getContainer(id).inspect());
      for (let waited = 0; mayBeOutOfMemory(inspected) && !this.#outOfMemory.has(id) && waited < OOM_PATIENCE; ) {
        await new Promise((resolve) => setTimeout(resolve, OOM_NOTICE));
        waited += OOM_NOTICE;
        inspected = await this.#engine.call((docker) => docker.getContainer(id).inspect());
      }
      const known = containerState(inspected as Inspected, await this.#imageId(inspected.Image));
      const { resources: _unreliable, ...rest } = known;
      const told = this.#keepsLimits ? known : rest;
      const killed = told.exitCode === 137 && this.#outOfMemory.has(id);
      const state = killed ? { ...told, oomKilled: true } : told;
      if (state.state === "exited" && state.finishedAt !== undefined) this.#ended.set(id, state);
      return state;
    } catch (error) {
      if (error instanceof RuntimeError && error.reason === "not-found") return undefined;
      throw error;
    }
  }

  async #imageId(image: string): Promise<string> {
    const known = this.#imageIds.get(image);
    if (known) return known;
    const status = await imageStatus(this.#engine, image);
    const id = imageIdOf(status ?? { id: image, repoDigests: [] });
    this.#imageIds.set(image, id);
    return id;
  }

  async imageStatus(image: string): Promise<ImageStatus | undefined> {
    return await imageStatus(this.#engine, image);
  }

  async pullImage(image: string, auth?: Parameters<Runtime["pullImage"]>[1]): Promise<ImageStatus> {
    return await pullImage(this.#engine, image, auth);
  }

  async listImages(): Promise<readonly ImageStatus[]> {
    return await listImages(this.#engine);
  }

  async containerUsage(id: string): Promise<ContainerUsage | undefined> {
    return await containerUsage(this.#engine, id);
  }

  async logs(...[id, options, signal]: Parameters<Runtime["logs"]>) {
    return await containerLogs(this.#engine, this.#clock, id, options, signal);
  }

  async exec(...[id, options, streams]: Parameters<Runtime["exec"]>) {
    return await execInContainer(this.#engine, id, options, streams);
  }

  async execProbe(...[id, command, timeoutSeconds, limitBytes]: Parameters<Runtime["execProbe"]>) {
    return await execForProbe(this.#engine, this.#clock, id, command, timeoutSeconds, limitBytes);
  }

  async attach(...[id, options, streams]: Parameters<Runtime["attach"]>) {
    return await attachToContainer(this.#engine, id, options, streams);
  }

  async portForward(sandbox: SandboxState, port: number) {
    return await connectToPod(this.#engine, sandbox, port);
  }
}

/** Killed a moment ago, with a limit on its memory, and nothing said of the reason yet. */
function mayBeOutOfMemory({ State: state, HostConfig: host }: Docker.ContainerInspectInfo): boolean {
  if (state.Running || state.ExitCode !== 137 || state.OOMKilled || !host.Memory) return false;
  return Date.now() - Date.parse(state.FinishedAt) < 2 * OOM_PATIENCE;
}
