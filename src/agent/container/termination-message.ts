/**
 * What a container says about its end: a file on the host, mounted at its terminationMessagePath, or the end of its log.
 * https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
 */
import { chmod, mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Container } from "../../machinery/types/core/v1.ts";
import type { ContainerState, Mount, Runtime } from "../runtime/types.ts";
import { podFolders } from "../volumes/layout.ts";

const MAX_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;
const DEFAULT_PATH = "/dev/termination-log";

function fileOf(dataDir: string, podUid: string, container: string, attempt: number): string {
  return join(podFolders(dataDir, podUid).pod, "containers", container, String(attempt));
}

/** Makes the file, writable by whatever user the container runs as, and returns its mount. */
export async function terminationMessageMount(
  dataDir: string,
  podUid: string,
  container: Container,
  attempt: number,
): Promise<Mount> {
  const hostPath = fileOf(dataDir, podUid, container.name, attempt);
  await mkdir(dirname(hostPath), { recursive: true, mode: 0o750 });
  await writeFile(hostPath, "");
  await chmod(hostPath, 0o666);
  return { hostPath, containerPath: container.terminationMessagePath || DEFAULT_PATH, readOnly: false };
}

/** "" where it said nothing. */
export async function terminationMessage(
  dataDir: string,
  state: ContainerState,
  container: Container,
  runtime: Pick<Runtime, "logs">,
): Promise<string> {
  const written = await readStart(fileOf(dataDir, state.podUid, state.name, state.attempt));
  if (written !== "") return written;
  if (container.terminationMessagePolicy !== "FallbackToLogsOnError" || state.exitCode === 0) return "";
  const log = await runtime.logs(state.id, { tailLines: MAX_LOG_LINES }, AbortSignal.timeout(5000));
  const chunks: Buffer[] = [];
  for await (const chunk of log) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return bytes.subarray(Math.max(0, bytes.length - MAX_LOG_BYTES)).toString("utf8");
}

async function readStart(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      return buffer.subarray(0, bytesRead).toString("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    return `Error on reading termination log ${path}: ${(error as Error).message}`;
  }
}
