/** A `kl server` with kubectl, a watch of its pods and a folder of the host, for what is shown of the node. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import type { Container, Pod, PodSpec } from "../../src/machinery/types/core/v1.ts";
import { type ClientResult, kubectls, runClient } from "../clients/kubectl.ts";
import { makeHelloImage } from "./hello.ts";
import { KlServer } from "./kl-server.ts";
import { containerOf, PodWatch } from "./pod-watch.ts";
import { until } from "./until.ts";

export class NodeCluster {
  readonly server: KlServer;
  readonly pods = new PodWatch();
  readonly docker = new Docker();
  /** For hostPath volumes: what containers write there outlives them. */
  readonly folder = mkdtempSync(join(tmpdir(), "kl-e2e-node-"));
  binary = "";

  constructor(server = new KlServer()) {
    this.server = server;
  }

  async start(): Promise<void> {
    makeHelloImage();
    const [, newest = ""] = await kubectls();
    this.binary = newest;
    await this.server.start();
    this.watch();
  }

  watch(): void {
    this.pods.start(this.binary, this.server.kubeconfig);
  }

  async destroy(): Promise<void> {
    await this.pods.close();
    await this.server.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Never throws for an exit code. */
  attempt(args: readonly string[], options: { stdin?: string; timeout?: number } = {}): Promise<ClientResult> {
    return runClient(this.binary, args, { kubeconfig: this.server.kubeconfig, timeout: 60_000, ...options });
  }

  /** Returns what was printed; throws where the exit code is not 0. */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  async create(...items: readonly object[]): Promise<void> {
    const stdin = items.map((item) => JSON.stringify(item)).join("\n---\n");
    const { code, stderr } = await this.attempt(["create", "-f", "-"], { stdin });
    if (code !== 0) throw new Error(`kubectl create: exit ${code}\n${stderr}`);
  }

  /** One row of `kubectl get pods`, its columns split where two spaces or more are. */
  async row(name: string): Promise<string[]> {
    return (await this.run("get", "pod", name, "--no-headers")).trim().split(/ {2,}/);
  }

  /** `kubectl describe`, as soon as it says so: events come a moment after what they tell of. */
  async described(pod: string, text: RegExp): Promise<string> {
    const describe = () => this.run("describe", "pod", pod);
    return await until(describe, (said) => text.test(said), { timeout: 10_000, interval: 300 });
  }

  async sh(pod: string, script: string): Promise<string> {
    return await this.run("exec", pod, "--", "sh", "-c", script);
  }

  async inspect(pod: Pod, container?: string): Promise<Docker.ContainerInspectInfo> {
    const id = containerOf(pod, container)?.containerID?.replace("docker://", "") ?? "";
    return await this.docker.getContainer(id).inspect();
  }

  /** The lines that containers have written into a file of the host's folder. */
  lines(file: string): string[] {
    return readFileSync(join(this.folder, file), "utf8").trim().split("\n");
  }
}

export type PodOptions = Omit<Partial<PodSpec>, "containers"> & { readonly annotations?: Record<string, string> };

/** A pod of the example's image; `containers` may name what differs only. */
export function podOf(
  name: string,
  containers: readonly Partial<Container>[],
  { annotations, ...spec }: PodOptions = {},
): Pod {
  const full = (container: Partial<Container>, index: number): Container => ({
    name: `c${index}`,
    image: "hello:1",
    ...container,
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name.slice(0, 63) }, ...(annotations ? { annotations } : {}) },
    spec: {
      terminationGracePeriodSeconds: 1,
      ...spec,
      containers: containers.map(full),
      ...(spec.initContainers ? { initContainers: spec.initContainers.map(full) } : {}),
    },
  };
}

/** Runs until SIGTERM, and ends at once then. */
export function shell(script: string): string[] {
  return ["sh", "-c", `trap 'exit 0' TERM; ${script}; sleep 100000 & wait`];
}

export const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});
