/**
 * A host of its own on this machine: namespaces for network, mounts, processes and its name, and a Docker engine at the usual
 * socket. It shares the files of this machine but /run. When its first process is killed all of it is gone.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClientResult } from "../../clients/kubectl.ts";
import { until } from "../until.ts";
import type { Wire } from "./wire.ts";

const boot = fileURLToPath(new URL("boot.sh", import.meta.url));
const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const setClock = new URL("set-clock.ts", import.meta.url).href;

/** A `kl` that runs on a host. */
export interface KlProcess {
  /** Both streams so far. */
  readonly output: () => string;
  /** Resolves when it has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Sets its clock to so many ms from the real time. */
  setClock(ahead: number): Promise<void>;
}

export class Host {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  /** Everything that it writes is in there. */
  readonly folder: string;
  readonly #first: ChildProcess;
  readonly #pid: number;

  private constructor(index: number, name: string, address: string, folder: string, first: ChildProcess, pid: number) {
    this.index = index;
    this.name = name;
    this.address = address;
    this.folder = folder;
    this.#first = first;
    this.#pid = pid;
  }

  /** Resolves when its engine answers. */
  static async boot(wire: Wire, index: number): Promise<Host> {
    const name = `host-${index}`;
    const folder = mkdtempSync(join(tmpdir(), `kl-${name}-`));
    const namespaces = ["--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"];
    // It does not outlive the test, however that ends.
    const first = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", ...namespaces, "bash", boot, folder, name], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    first.stderr?.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    const pid = await until(
      () => Promise.resolve(firstPid(first.pid ?? 0, folder)),
      (found) => found > 0 || first.exitCode !== null,
      { interval: 5, timeout: 10_000 },
    );
    if (pid === 0) throw new Error(`${name} did not come up: ${said}`);
    const host = new Host(index, name, wire.connect(index, pid), folder, first, pid);
    try {
      await until(
        () => host.run("docker", ["version"]),
        ({ code }) => code === 0,
        { interval: 50, timeout: 30_000 },
      );
    } catch (error) {
      await host.destroy();
      throw new Error(`the engine of ${name} does not answer`, { cause: error });
    }
    return host;
  }

  /** Runs a command to its end; never throws for its exit code. */
  run(
    command: string,
    args: readonly string[],
    options: { stdin?: Buffer | string; timeout?: number } = {},
  ): Promise<ClientResult> {
    return new Promise((resolve) => {
      const settings = { timeout: options.timeout ?? 30_000, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile("nsenter", [...this.#enter(), command, ...args], settings, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.on("error", () => undefined).end(options.stdin ?? "");
    });
  }

  /** As run(), for what must succeed; returns what it wrote. */
  async must(
    command: string,
    args: readonly string[],
    options: { stdin?: Buffer | string; timeout?: number } = {},
  ): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, args, options);
    if (code !== 0) throw new Error(`${this.name}: ${command} ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs a `kl` command to its end; returns what it wrote. */
  runKl(args: readonly string[]): Promise<string> {
    return this.must(process.execPath, [main, ...args]);
  }

  /** A process that goes on; it ends with the host at the latest. */
  spawn(command: readonly string[]): ChildProcess {
    return spawn("nsenter", [...this.#enter(), ...command], { stdio: ["pipe", "pipe", "inherit"] });
  }

  /** Starts `kl` and resolves when it has printed what matches. */
  async kl(args: readonly string[], ready: RegExp): Promise<KlProcess> {
    // The shell tells its process id within the host, and becomes kl.
    const command = ["sh", "-c", 'echo "$$"; exec "$@"', "sh", process.execPath, main, ...args];
    const clock = join(this.folder, "clock");
    const child = spawn("nsenter", [...this.#enter(), ...command], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        KUBECONFIG: "",
        HOME: this.folder,
        KL_TEST_CLOCK: clock,
        NODE_OPTIONS: `--import ${setClock}`,
      },
    });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    let output = "";
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        output += chunk;
        if (ready.test(output)) resolve();
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      void ended.then(() => reject(new Error(`${this.name}: kl ${args.join(" ")} ended: ${output}`)));
    });
    const inner = output.split("\n")[0] ?? "";
    return {
      output: () => output,
      kill: async (signal) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        await this.run("sh", ["-c", `kill -s ${signal.replace("SIG", "")} ${inner}`]);
        await ended;
      },
      setClock: async (ahead) => {
        writeFileSync(clock, String(ahead));
        await this.must("kill", ["-s", "USR2", inner]);
      },
    };
  }

  /** The power is cut: every process ends, and what they mounted and set up is gone. Files stay. */
  async crash(): Promise<void> {
    if (this.#first.exitCode !== null || this.#first.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => this.#first.once("exit", () => resolve()));
    process.kill(this.#pid, "SIGKILL");
    await gone;
  }

  async destroy(): Promise<void> {
    await this.crash();
    await until(
      () => Promise.resolve(removed(this.folder) && this.#cgroupsRemoved()),
      (done) => done,
      { timeout: 10_000, interval: 50 },
    );
  }

  #enter(): string[] {
    return ["--target", String(this.#pid), "--net", "--mount", "--uts", "--pid", "--"];
  }

  #cgroupsRemoved(): boolean {
    return cgroupRoots().every((root) => emptied(join(root, "kl-hosts", basename(this.folder))));
  }
}

/** The process that is number one in there, once it runs the script: before, what it mounts could still be seen outside. */
function firstPid(parent: number, folder: string): number {
  try {
    const [child = ""] = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ");
    return readFileSync(`/proc/${child}/cmdline`, "utf8").includes(folder) ? Number(child) : 0;
  } catch {
    return 0;
  }
}

/** False while something of a process that ends is still busy in there. */
function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
    throw error;
  }
}

function cgroupRoots(): string[] {
  const root = "/sys/fs/cgroup";
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, name))
    .concat(root);
}

/** Removes a cgroup with those below it; their files are not ours to remove. */
function emptied(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !emptied(join(folder, entry.name))) return false;
    }
    rmdirSync(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return true;
    if (code === "EBUSY") return false;
    throw error;
  }
}
