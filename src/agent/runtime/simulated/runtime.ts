/**
 * A runtime without containers: what is started runs, in memory only, until it is stopped or until the plan says that it
 * exits. Commands are not interpreted. For a node without a container engine, and for tests of everything above a runtime.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Clock } from "../../../machinery/clock.ts";
import {
  type ContainerConfig,
  type ContainerResources,
  type ContainerState,
  type ContainerUsage,
  type ImageStatus,
  type Runtime,
  RuntimeError,
  type SandboxConfig,
  type SandboxState,
} from "../types.ts";
import { PodAddresses } from "./addresses.ts";

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  /** Makes the pods' addresses differ from those of other simulated nodes. */
  readonly nodeIndex?: number;
  /** How long a container takes to start, in ms; default 0. */
  readonly startDelay?: number;
  /** When a container exits by itself, in ms after its start; absent: never. */
  readonly exits?: (config: ContainerConfig) => { readonly after: number; readonly code: number } | undefined;
}

interface SimulatedContainer {
  readonly config: ContainerConfig;
  state: ContainerState;
  cancelExit: () => void;
}

export class SimulatedRuntime implements Runtime {
  readonly #options: SimulatedRuntimeOptions;
  readonly #addresses: PodAddresses;
  readonly #sandboxes = new Map<string, SandboxState>();
  readonly #containers = new Map<string, SimulatedContainer>();
  readonly #sinks = new Set<Parameters<Runtime["watch"]>[0]>();
  #ids = 0;

  constructor(options: SimulatedRuntimeOptions) {
    this.#options = options;
    this.#addresses = new PodAddresses(options.nodeIndex ?? 0);
  }

  async info() {
    return {
      name: "simulated",
      version: "1.0.0",
      operatingSystem: "simulated",
      kernelVersion: "0.0.0-simulated",
      architecture: process.arch === "arm64" ? ("arm64" as const) : ("amd64" as const),
      cpus: 32,
      memoryBytes: 256 * 2 ** 30,
      cgroupDriver: "none",
    };
  }

  async list() {
    return {
      sandboxes: [...this.#sandboxes.values()],
      containers: [...this.#containers.values()].map(({ state }) => state),
    };
  }

  watch(sink: Parameters<Runtime["watch"]>[0]): () => void {
    this.#sinks.add(sink);
    return () => void this.#sinks.delete(sink);
  }

  async createSandbox(config: SandboxConfig): Promise<SandboxState> {
    const { podUid, namespace, name, attempt, hostNetwork } = config;
    const sandbox = {
      ...{ id: this.#id(`${podUid} sandbox`), podUid, namespace, name, attempt },
      ...{ running: true, createdAt: this.#now(), ips: hostNetwork ? [] : [this.#addresses.take()] },
    };
    this.#sandboxes.set(sandbox.id, sandbox);
    return sandbox;
  }

  async stopSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox?.running) return;
    for (const address of sandbox.ips) this.#addresses.give(address);
    this.#sandboxes.set(id, { ...sandbox, running: false });
    this.#changed(sandbox.podUid);
  }

  async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id);
    this.#sandboxes.delete(id);
  }

  async createContainer(_sandbox: SandboxState, config: ContainerConfig): Promise<string> {
    const { podUid, namespace, podName, name, kind, attempt, specHash, image } = config;
    const id = this.#id(`${podUid} ${name}`);
    const state: ContainerState = {
      ...{ id, podUid, namespace, podName, name, kind, attempt, specHash, image },
      ...{ imageId: imageOf(image).id, state: "created", createdAt: this.#now(), oomKilled: false },
      resources: resourcesOf(config),
    };
    this.#containers.set(id, { config, state, cancelExit: () => undefined });
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const { clock, exits, startDelay = 0 } = this.#options;
    const container = this.#find(id);
    if (startDelay > 0) await new Promise<void>((resolve) => void clock.after(startDelay, resolve));
    if (container.state.state !== "created") return;
    container.state = { ...container.state, state: "running", startedAt: this.#now() };
    const exit = exits?.(container.config);
    if (exit) container.cancelExit = clock.after(exit.after, () => this.#exit(container, exit.code));
    this.#changed(container.state.podUid);
  }

  /** Ends at once: nothing is there that could take its time. */
  async stopContainer(id: string, _graceSeconds: number): Promise<void> {
    const container = this.#find(id);
    if (container.state.state === "running") this.#exit(container, 0);
  }

  /** What is only simulated uses nothing. */
  async containerUsage(id: string): Promise<ContainerUsage | undefined> {
    if (this.#containers.get(id)?.state.state !== "running") return undefined;
    return { time: this.#options.clock.now(), cpuNanoseconds: 0, memoryUsageBytes: 0, memoryWorkingSetBytes: 0 };
  }

  async updateContainer(id: string, resources: ContainerResources): Promise<void> {
    const container = this.#find(id);
    container.state = { ...container.state, resources };
    this.#changed(container.state.podUid);
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    container?.cancelExit();
    this.#containers.delete(id);
    if (container) this.#changed(container.state.podUid);
  }

  async inspectContainer(id: string): Promise<ContainerState | undefined> {
    return this.#containers.get(id)?.state;
  }

  /** Every image is there. */
  async imageStatus(image: string): Promise<ImageStatus> {
    return imageOf(image);
  }

  async pullImage(image: string): Promise<ImageStatus> {
    return imageOf(image);
  }

  async listImages(): Promise<readonly ImageStatus[]> {
    return [];
  }

  async logs(id: string): Promise<Readable> {
    const { state } = this.#find(id);
    return Readable.from([`container ${state.name} is simulated: it has no output\n`]);
  }

  async exec(id: string): Promise<never> {
    return this.#refuse(id, "no command can run in it");
  }

  /** Simulated containers are healthy. */
  async execProbe(id: string): Promise<{ exitCode: number; output: string }> {
    this.#find(id);
    return { exitCode: 0, output: "" };
  }

  async attach(id: string): Promise<never> {
    return this.#refuse(id, "there is nothing to attach to");
  }

  async portForward(sandbox: SandboxState): Promise<never> {
    throw new RuntimeError("other", `pod ${sandbox.name} is simulated: nothing listens in it`);
  }

  #exit(container: SimulatedContainer, exitCode: number): void {
    container.cancelExit();
    container.state = { ...container.state, state: "exited", exitCode, finishedAt: this.#now() };
    this.#changed(container.state.podUid);
  }

  #refuse(id: string, why: string): never {
    throw new RuntimeError("other", `container ${this.#find(id).state.name} is simulated: ${why}`);
  }

  #find(id: string): SimulatedContainer {
    const container = this.#containers.get(id);
    if (!container) throw new RuntimeError("not-found", `no such container: ${id}`);
    return container;
  }

  /** Told after the call that made the change has returned, as an engine's events are. */
  #changed(podUid: string): void {
    for (const sink of this.#sinks) queueMicrotask(() => this.#sinks.has(sink) && sink.changed(podUid));
  }

  #id(seed: string): string {
    return sha256(`${seed} ${++this.#ids}`);
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

function imageOf(image: string): ImageStatus {
  const id = `sha256:${sha256(image)}`;
  return { id, repoTags: [image], repoDigests: [], sizeBytes: 0, user: "" };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function resourcesOf({ cpuShares, cpuQuota, cpuPeriod, memoryLimitBytes }: ContainerConfig): ContainerResources {
  return {
    ...(cpuShares === undefined ? {} : { cpuShares }),
    ...(cpuQuota === undefined ? {} : { cpuQuota }),
    ...(cpuPeriod === undefined ? {} : { cpuPeriod }),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
  };
}
