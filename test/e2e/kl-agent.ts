/** The real `kl agent` as a child process, with a data dir of its own, on this machine's Docker engine. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeCluster } from "./kl-server.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `kl` to its end; never throws for its exit code. */
export function kl(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, KUBECONFIG: "", ...environment };
    const child = execFile(process.execPath, [main, ...args], { env, timeout: 60_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

export class KlAgent {
  readonly dataDir = mkdtempSync(join(tmpdir(), "kl-e2e-agent-"));
  #child: ChildProcess | undefined;
  #output = "";

  get output(): string {
    return this.#output;
  }

  /** Resolves when it says that it is ready. `args`: those behind `kl agent`. */
  async start(...args: string[]): Promise<string> {
    const child = spawn(process.execPath, [main, "agent", "--data-dir", this.dataDir, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, KUBECONFIG: "" },
    });
    this.#child = child;
    this.#output = "";
    return new Promise((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        this.#output += chunk;
        if (/^ready in \d+ ms: node/m.test(this.#output)) resolve(this.#output);
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.on("exit", (code, signal) => reject(new Error(`kl agent ended (${code ?? signal}): ${this.#output}`)));
    });
  }

  /** Resolves with the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const gone = new Promise<number | string | null>((resolve) =>
      child.once("exit", (code, by) => resolve(code ?? by)),
    );
    child.kill(signal);
    return gone;
  }

  reset(): Promise<Ended> {
    return kl(["agent", "reset", "--data-dir", this.dataDir]);
  }

  /** Whatever state a test has left it in. */
  async destroy(): Promise<void> {
    await this.end("SIGTERM");
    await removeCluster(this.dataDir);
    execFileSync("sh", ["-c", `grep -o ' ${this.dataDir}[^ ]*' /proc/mounts | xargs -r umount -l`]);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
