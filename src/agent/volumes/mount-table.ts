/** The host's mounts: what is mounted where, and the few mounts volumes need. Linux with CAP_SYS_ADMIN only. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface MountTable {
  /** Whether this process may try to mount at all. */
  readonly available: boolean;
  /** Mount points at or below the folder, the deepest first (the order to unmount them in). */
  under(folder: string): Promise<readonly string[]>;
  /** An empty file system in memory. `sizeBytes` absent: half of the machine's memory, the kernel's default. */
  mountTmpfs(target: string, options: { readonly sizeBytes?: number; readonly mode: number }): Promise<void>;
  /** `source` may be a /proc/PID/fd link: it is not resolved, so that the very file that was opened is mounted. */
  bind(source: string, target: string): Promise<void>;
  unmount(target: string): Promise<void>;
}

export const hostMountTable: MountTable = {
  available: process.platform === "linux" && process.getuid?.() === 0,

  async under(folder) {
    if (process.platform !== "linux") return [];
    return mountPointsIn(await readFile("/proc/self/mountinfo", "utf8"))
      .filter((point) => point === folder || point.startsWith(`${folder}/`))
      .reverse();
  },

  async mountTmpfs(target, { sizeBytes, mode }) {
    const options = [`mode=${mode.toString(8)}`, ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`])];
    await run("mount", ["-t", "tmpfs", "-o", options.join(","), "tmpfs", target]);
  },

  async bind(source, target) {
    await run("mount", ["--no-canonicalize", "--bind", source, target]);
  },

  async unmount(target) {
    await run("umount", ["--no-canonicalize", target]);
  },
};

/** In the order they were mounted. Spaces and the like are octal escapes in mountinfo (man 5 proc). */
function mountPointsIn(mountinfo: string): string[] {
  const points: string[] = [];
  for (const line of mountinfo.split("\n")) {
    const point = line.split(" ")[4];
    if (point)
      points.push(point.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))));
  }
  return points;
}
