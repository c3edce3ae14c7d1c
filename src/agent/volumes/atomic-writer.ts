/**
 * Files that change all at once: they live in a folder with a time in its name, `..data` is a link to that folder, and the
 * visible names are links through `..data`. Swapping the one link changes every file together, and a reader that has
 * opened the folder keeps a consistent set. The layout is the kubelet's, which programs rely on (they watch `..data`).
 */
import { randomInt } from "node:crypto";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";

export interface FilePayload {
  readonly content: Uint8Array;
  readonly mode: number;
  /** Owner of this one file; absent: this process' user. */
  readonly uid?: number;
}

/** By path below the volume, "/" as separator. */
export type Payload = ReadonlyMap<string, FilePayload>;

const dataLink = "..data";
const newDataLink = "..data_tmp";

/** Brings the folder (which must exist) to exactly this payload. `gid`: the pod's fsGroup. Resolves with whether anything was written. */
export async function writeAtomically(folder: string, payload: Payload, gid?: number): Promise<boolean> {
  for (const path of payload.keys()) checkPath(path);
  const old = await currentFolder(folder);
  if (old !== undefined && (await holds(join(folder, old), payload, gid))) {
    await linkVisibleNames(folder, payload);
    return false;
  }
  const fresh = folderName();
  await writePayload(join(folder, fresh), payload, gid);
  await rm(join(folder, newDataLink), { force: true });
  await symlink(fresh, join(folder, newDataLink));
  await rename(join(folder, newDataLink), join(folder, dataLink));
  await linkVisibleNames(folder, payload);
  await removeLeftovers(folder, fresh, payload);
  return true;
}

function checkPath(path: string): void {
  if (path === "" || path.startsWith("/")) throw new Error(`invalid path: must be relative path: ${path}`);
  if (path.length > 4096) throw new Error("invalid path: must be less than or equal to 4096 characters");
  const parts = path.split("/");
  if (parts.includes("..")) throw new Error(`invalid path: must not contain '..': ${path}`);
  if (path.startsWith("..")) throw new Error(`invalid path: must not start with '..': ${path}`);
  if (parts.some((part) => Buffer.byteLength(part) > 255)) throw new Error("invalid path: name longer than 255 bytes");
}

async function currentFolder(folder: string): Promise<string | undefined> {
  try {
    return await readlink(join(folder, dataLink));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function holds(folder: string, payload: Payload, gid: number | undefined): Promise<boolean> {
  const found = await filesBelow(folder);
  if (found.length !== payload.size) return false;
  for (const path of found) {
    const file = payload.get(path);
    if (!file) return false;
    const full = join(folder, path);
    const stat = await lstat(full);
    if (stat.size !== file.content.length || (stat.mode & 0o7777) !== fileMode(file.mode, gid)) return false;
    if (gid !== undefined && stat.gid !== gid) return false;
    if (!(await readFile(full)).equals(file.content)) return false;
  }
  return true;
}

async function filesBelow(folder: string): Promise<string[]> {
  let entries: import("node:fs").Dirent[];
  try {
    entries = await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** ..2006_01_02_15_04_05.123456789 */
function folderName(): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-T:]/g, "_");
  return `..${time}.${String(randomInt(1e9)).padStart(9, "0")}`;
}

async function writePayload(folder: string, payload: Payload, gid: number | undefined): Promise<void> {
  await makeFolder(folder, gid);
  const made = new Set([folder]);
  for (const [path, file] of payload) {
    const full = join(folder, path);
    for (const parent of parentsBelow(folder, path)) {
      if (made.has(parent)) continue;
      await makeFolder(parent, gid);
      made.add(parent);
    }
    await writeFile(full, file.content, { flag: "wx" });
    if (gid !== undefined || file.uid !== undefined) {
      await chown(full, file.uid ?? process.getuid?.() ?? -1, gid ?? process.getgid?.() ?? -1);
    }
    await chmod(full, fileMode(file.mode, gid));
  }
}

function parentsBelow(folder: string, path: string): string[] {
  const parents: string[] = [];
  for (let at = dirname(path); at !== "."; at = dirname(at)) parents.unshift(join(folder, at));
  return parents;
}

/** chmod after mkdir, since the process' umask must not matter. Setgid lets new files inherit the group. */
async function makeFolder(path: string, gid: number | undefined): Promise<void> {
  await mkdir(path);
  if (gid !== undefined) await chown(path, process.getuid?.() ?? -1, gid);
  await chmod(path, gid === undefined ? 0o755 : 0o2755);
}

/** With an fsGroup the group may read what it owns, whatever the mode says: these volumes are read-only, so never write. */
function fileMode(mode: number, gid: number | undefined): number {
  return gid === undefined ? mode : mode | 0o440;
}

async function linkVisibleNames(folder: string, payload: Payload): Promise<void> {
  for (const name of topNames(payload)) {
    try {
      await symlink(join(dataLink, name), join(folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function topNames(payload: Payload): Set<string> {
  return new Set([...payload.keys()].map((path) => path.split("/", 1)[0] ?? path));
}

/** Links to what is gone, the folder before this one, and what a crash in the middle left behind. */
async function removeLeftovers(folder: string, fresh: string, payload: Payload): Promise<void> {
  const visible = topNames(payload);
  for (const name of await readdir(folder)) {
    if (name === dataLink || name === fresh || visible.has(name)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
