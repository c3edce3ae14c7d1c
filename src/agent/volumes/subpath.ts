/**
 * subPath of a volume mount. A container can write into the volume and put a link where the next container's subPath will
 * be resolved, so the path must be proven to lie inside the volume and then be pinned: the opened file itself is
 * bind-mounted into a folder that no container can reach. Without root nothing can be pinned: then the resolved path is
 * checked and used, and a container that swaps a folder for a link at the right moment could escape; that is why kl warns
 * at start when it is not root.
 */
import { constants } from "node:fs";
import { chmod, mkdir, open, readlink, realpath, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MountTable } from "./mount-table.ts";

/** Linux's O_PATH: names the file without opening it, so that sockets can be pinned too and devices do not notice. */
const openPath = 0o10000000;

export interface SubPath {
  /** The volume on the host. */
  readonly volumePath: string;
  readonly subPath: string;
  /** Where it is pinned. */
  readonly target: string;
}

/** Throws for absolute paths and backsteps, in the kubelet's words. */
export function checkSubPath(subPath: string): void {
  if (subPath.startsWith("/")) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split("/").includes(".."))
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
}

/** Makes the folder if nothing is there, and resolves with the host path to bind into the container. */
export async function prepareSubPath({ volumePath, subPath, target }: SubPath, mounts: MountTable): Promise<string> {
  const base = await realpath(volumePath);
  await makeFolders(base, subPath);
  const found = await realpath(join(base, subPath));
  if (!isInside(base, found))
    throw new Error(`subpath ${JSON.stringify(found)} not within volume path ${JSON.stringify(base)}`);
  if (!mounts.available) return found;
  const handle = await open(found, openPath | constants.O_NOFOLLOW);
  try {
    const pinned = `/proc/${process.pid}/fd/${handle.fd}`;
    const really = await readlink(pinned);
    if (!isInside(base, really))
      throw new Error(`subpath ${JSON.stringify(really)} not within volume path ${JSON.stringify(base)}`);
    const source = await handle.stat();
    if ((await mounts.under(target)).includes(target)) {
      const mounted = await stat(target);
      if (mounted.dev === source.dev && mounted.ino === source.ino) return target;
      await mounts.unmount(target);
    }
    await makeTarget(target, source.isDirectory());
    await mounts.bind(pinned, target);
    return target;
  } finally {
    await handle.close();
  }
}

function isInside(base: string, path: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}

/** Each missing level is made below a parent that has been proven to lie in the volume; the mode is the volume's own. */
async function makeFolders(base: string, subPath: string): Promise<void> {
  const { mode } = await stat(base);
  let at = base;
  for (const part of subPath.split("/").filter((name) => name !== "" && name !== ".")) {
    const next = join(at, part);
    try {
      await mkdir(next);
      await chmod(next, mode & 0o7777);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    at = await realpath(next);
    if (!isInside(base, at))
      throw new Error(`subpath ${JSON.stringify(at)} not within volume path ${JSON.stringify(base)}`);
  }
}

async function makeTarget(target: string, isFolder: boolean): Promise<void> {
  await removeEmpty(target);
  if (isFolder) {
    await mkdir(target, { recursive: true, mode: 0o750 });
    return;
  }
  await mkdir(dirname(target), { recursive: true, mode: 0o750 });
  await writeFile(target, "", { flag: "a", mode: 0o640 });
}

/** What was pinned there before may have been of the other kind. Never recursive: whatever it shows must not be touched. */
async function removeEmpty(target: string): Promise<void> {
  try {
    await rmdir(target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") await unlink(target);
    else if (code !== "ENOENT") throw error;
  }
}
