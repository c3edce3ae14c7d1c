import { accessSync, constants, mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./types.ts";

const mebibyte = 1024 * 1024;
const neededBytes = 64 * mebibyte;
const comfortableBytes = 1024 * mebibyte;

/** Makes the folder (with `part` in it), and looks whether it can be written and has room. */
export function checkDataDir(directory: string, part = "pki"): Finding[] {
  try {
    mkdirSync(join(directory, part), { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === "EROFS"
        ? "is on a read-only file system"
        : code === "EACCES" || code === "EPERM"
          ? "is not writable for this user"
          : code === "ENOTDIR" || code === "EEXIST"
            ? "is not a folder"
            : code === "ENOSPC"
              ? "is on a full disk"
              : `cannot be made (${code})`;
    return [{ level: "error", message: `data dir ${directory} ${why}: choose another with --data-dir` }];
  }
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  if (free < neededBytes) {
    return [
      { level: "error", message: `only ${mib(free)} free for ${directory}: free at least ${mib(neededBytes)} first` },
    ];
  }
  if (free < comfortableBytes) {
    return [
      {
        level: "warning",
        message: `only ${mib(free)} free for ${directory}: writes are refused when the disk is full; free ${mib(comfortableBytes)}`,
      },
    ];
  }
  return [];
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / mebibyte)} MiB`;
}
