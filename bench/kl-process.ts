/** The built `kl` (npm run build) as a process to measure, and requests to it as its administrator. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bundle = fileURLToPath(new URL("../dist/kl.cjs", import.meta.url));

export interface KlProcess {
  readonly dataDir: string;
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from spawn to the first 200 of /readyz. */
  readonly readyAfter: number;
  readonly agent: Agent;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export function temporaryDataDir(): string {
  return mkdtempSync(join(tmpdir(), "kl-bench-"));
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as import("node:net").AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export async function startKl(dataDir: string, args: readonly string[]): Promise<KlProcess> {
  if (!existsSync(bundle)) throw new Error("run `npm run build` first");
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [bundle, "server", "--data-dir", dataDir, "--port", String(port), ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const readyAfter = await firstReady(child, port, began);
  return {
    dataDir,
    port,
    pid: child.pid ?? 0,
    readyAfter,
    agent: adminAgent(dataDir),
    async stop(signal = "SIGTERM") {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill(signal);
      await gone;
    },
  };
}

async function firstReady(child: ChildProcess, port: number, began: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  try {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`kl ended with ${child.exitCode}`);
      const code = await new Promise<number>((resolve) => {
        const asking = request({ host: "127.0.0.1", port, path: "/readyz", agent }, (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode ?? 0));
        });
        asking.on("error", () => resolve(0));
        asking.end();
      });
      if (code === 200) return performance.now() - began;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    agent.destroy();
  }
}

function adminAgent(dataDir: string): Agent {
  const pki = (file: string): Buffer => readFileSync(join(dataDir, "pki", file));
  return new Agent({
    keepAlive: true,
    maxSockets: 64,
    ca: pki("ca.crt"),
    cert: pki("admin.crt"),
    key: pki("admin.key"),
  });
}

export interface Answer {
  readonly code: number;
  readonly body: Buffer;
}

export function ask(kl: KlProcess, method: string, path: string, body?: string | object): Promise<Answer> {
  const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: "127.0.0.1",
        port: kl.port,
        method,
        path,
        agent: kl.agent,
        headers:
          payload === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ code: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
        response.on("error", reject);
      },
    );
    asking.on("error", reject);
    asking.end(payload);
  });
}

/** Resident memory in MB and CPU time in seconds so far, from /proc. */
export function usage(pid: number): { readonly megabytes: number; readonly cpuSeconds: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const resident = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { megabytes: resident, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function removeDataDir(dataDir: string): void {
  rmSync(dataDir, { recursive: true, force: true });
}
