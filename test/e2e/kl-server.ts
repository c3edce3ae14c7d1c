/** The real `kl server` as a child process, on a free port with a data dir of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { removeNodeNetwork } from "../../src/agent/net/start.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface KlServerOptions {
  readonly args?: readonly string[];
  /** Another program than src/cli/main.ts under Node: the single executable, the bundle. */
  readonly program?: readonly [string, ...string[]];
  readonly dataDir?: string;
}

export class KlServer {
  readonly dataDir: string;
  readonly kubeconfig: string;
  #options: KlServerOptions;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(options: KlServerOptions = {}) {
    this.#options = options;
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "kl-e2e-"));
    this.kubeconfig = join(this.dataDir, "kubeconfig.yaml");
  }

  get program(): readonly [string, ...string[]] {
    return this.#options.program ?? [process.execPath, main];
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What the server has printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Resolves with what it printed up to `ready in N ms`. The port is the same on every start. */
  async start(): Promise<string> {
    const [command, ...first] = this.program;
    const port = this.#port ?? "0";
    const child = spawn(
      command,
      [
        ...first,
        "server",
        "--data-dir",
        this.dataDir,
        "--port",
        port,
        "--node-name",
        "e2e",
        ...(this.#options.args ?? []),
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, KUBECONFIG: "" } },
    );
    this.#child = child;
    this.#output = "";
    return new Promise((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        this.#output += chunk;
        const ready = /^ready in \d+ ms.*:(\d+)$/m.exec(this.#output);
        if (!ready) return;
        this.#port = ready[1];
        resolve(this.#output);
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.on("exit", (code, signal) => reject(new Error(`kl server ended (${code ?? signal}): ${this.#output}`)));
    });
  }

  #port: string | undefined;

  /** Resolves when the process is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    await gone;
  }

  /** Ends the server, removes its containers, networks and data. */
  async destroy(): Promise<void> {
    await this.end("SIGTERM");
    await removeCluster(this.dataDir);
    // Memory volumes of pods that were still there are mounts.
    execFileSync("sh", ["-c", `grep -o ' ${this.dataDir}[^ ]*' /proc/mounts | xargs -r umount -l`]);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** The containers of one cluster, by the id in its data dir. */
export async function clusterContainers(dataDir: string): Promise<Docker.ContainerInfo[]> {
  const id = clusterId(dataDir);
  if (id === undefined) return [];
  const all = await new Docker().listContainers({ all: true });
  return all.filter(({ Labels }) => Object.values(Labels).includes(id));
}

/** Removes the containers and networks of the cluster with this data dir. */
export async function removeCluster(dataDir: string): Promise<void> {
  const id = clusterId(dataDir);
  if (id === undefined) return;
  const docker = new Docker();
  const containers = await clusterContainers(dataDir);
  // Ten at once: the engine takes its time for each.
  for (let first = 0; first < containers.length; first += 10) {
    const some = containers.slice(first, first + 10);
    await Promise.all(some.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  }
  for (const network of await docker.listNetworks()) {
    if (!Object.values(network.Labels ?? {}).includes(id)) continue;
    await docker.getNetwork(network.Id).remove();
    await removeNodeNetwork(network.Name);
  }
}

function clusterId(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, "cluster-id"), "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
