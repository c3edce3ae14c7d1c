/** A cluster of several hosts: the server on the first, agents that have joined it on the others. */
import { join } from "node:path";
import type { Node, Pod } from "../../../src/machinery/types/core/v1.ts";
import { kubectls, runClient } from "../../clients/kubectl.ts";
import { until } from "../until.ts";
import { Api } from "./api.ts";
import { Host, type KlProcess } from "./host.ts";
import { Wire } from "./wire.ts";

const ready = /^ready in \d+ ms/m;

interface Condition {
  readonly type: string;
  readonly status: string;
}

export class Cluster {
  readonly wire: Wire;
  readonly hosts: readonly Host[];
  /** How long each agent took from its start to Ready, in ms. */
  readonly joinTimes: number[] = [];
  readonly #kubectl: string;
  readonly #processes = new Map<Host, KlProcess>();
  #api: Api | undefined;
  #joinArguments: readonly string[] = [];

  private constructor(wire: Wire, hosts: readonly Host[], kubectl: string) {
    this.wire = wire;
    this.hosts = hosts;
    this.#kubectl = kubectl;
  }

  /** Resolves when all nodes are Ready. */
  static async start(hosts: number): Promise<Cluster> {
    const [, kubectl = ""] = await kubectls();
    const wire = new Wire();
    const booted = await Promise.allSettled(Array.from({ length: hosts }, (_, index) => Host.boot(wire, index + 1)));
    const alive = booted.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const cluster = new Cluster(wire, alive, kubectl);
    try {
      for (const one of booted) if (one.status === "rejected") throw one.reason;
      await cluster.startServer();
      await cluster.#allowJoining();
      await Promise.all(alive.slice(1).map((host) => cluster.#join(host)));
      for (const { name } of alive) await cluster.nodeIs(name, true);
      return cluster;
    } catch (error) {
      await cluster.destroy();
      throw error;
    }
  }

  host(index: number): Host {
    const host = this.hosts[index - 1];
    if (!host) throw new Error(`no host ${index}`);
    return host;
  }

  get api(): Api {
    if (!this.#api) throw new Error("the server has not been started");
    return this.#api;
  }

  get kubeconfig(): string {
    return join(this.#dataDir(this.host(1)), "kubeconfig.yaml");
  }

  async startServer(): Promise<void> {
    const host = this.host(1);
    const args = ["server", "--data-dir", this.#dataDir(host), "--bind-address", host.address, "--port", "6443"];
    this.#processes.set(host, await host.kl([...args, "--node-name", host.name], ready));
    this.#api ??= new Api(this.kubeconfig);
  }

  async startAgent(host: Host): Promise<void> {
    const args = ["agent", ...this.#joinArguments, "--data-dir", this.#dataDir(host), "--node-ip", host.address];
    this.#processes.set(host, await host.kl([...args, "--node-name", host.name], ready));
  }

  /** Of the server or agent on a host. */
  async kill(host: Host, signal: NodeJS.Signals): Promise<void> {
    await this.#processes.get(host)?.kill(signal);
  }

  /** Of the server or agent on a host: to so many ms from the real time. */
  async setClock(host: Host, ahead: number): Promise<void> {
    await this.#processes.get(host)?.setClock(ahead);
  }

  /** What the `kl` of a host has printed. */
  output(host: Host): string {
    return this.#processes.get(host)?.output() ?? "";
  }

  /** Throws where kubectl fails. */
  async kubectl(args: readonly string[], stdin?: string): Promise<string> {
    const options = { kubeconfig: this.kubeconfig, timeout: 120_000, ...(stdin === undefined ? {} : { stdin }) };
    const { code, stdout, stderr } = await runClient(this.#kubectl, args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  async isReady(name: string): Promise<boolean> {
    const conditions = (await this.#node(name))?.status?.conditions;
    return conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  }

  /** All that run or are to run. */
  async pods(namespace: string, labelSelector = ""): Promise<Pod[]> {
    const query = `?labelSelector=${encodeURIComponent(labelSelector)}`;
    return (await this.api.get<{ items: Pod[] }>(`/api/v1/namespaces/${namespace}/pods${query}`)).items;
  }

  async nodeIs(name: string, isReady: boolean, timeout = 60_000, interval = 100): Promise<void> {
    await until(
      async () =>
        (await this.#node(name))?.status?.conditions?.find(({ type }) => type === "Ready") as Condition | undefined,
      (condition) => (condition?.status === "True") === isReady,
      { timeout, interval },
    );
  }

  async destroy(): Promise<void> {
    this.#api?.close();
    await Promise.all(this.hosts.map((host) => host.destroy()));
    this.wire.destroy();
  }

  async #join(host: Host): Promise<void> {
    const began = performance.now();
    await this.startAgent(host);
    await this.nodeIs(host.name, true, 60_000, 10);
    this.joinTimes.push(performance.now() - began);
  }

  #dataDir(host: Host): string {
    return join(host.folder, "kl");
  }

  async #node(name: string): Promise<Node | undefined> {
    const { items } = await this.api.get<{ items: Node[] }>("/api/v1/nodes");
    return items.find(({ metadata }) => metadata.name === name);
  }

  /** As a user would: the command that the server prints for other machines, but for its first words. */
  async #allowJoining(): Promise<void> {
    const host = this.host(1);
    if (this.hosts.length === 1) return;
    const printed = await host.runKl(["token", "create", "--print-join-command", "--kubeconfig", this.kubeconfig]);
    const words = printed.trim().split(/\s+/);
    const first = words.indexOf("--join");
    if (first < 0) throw new Error(`no join command: ${printed}`);
    this.#joinArguments = words.slice(first);
  }
}
