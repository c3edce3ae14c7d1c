/** securityContext.fsGroup: the group owns the volume, may write it, and what is made in it belongs to it too. */
import { chmod, lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { VolumeContext } from "./plugins/types.ts";

/** The pod's fsGroup, if this process can give files away: without root the volume stays its own, and a warning says so. */
export function fsGroupOf({ host, pod, volume }: VolumeContext): number | undefined {
  const gid = pod.spec?.securityContext?.fsGroup;
  if (gid === undefined || process.getuid?.() === 0) return gid;
  const fields = { namespace: pod.metadata.namespace, pod: pod.metadata.name, volume: volume.name };
  host.log.warn(fields, "fsGroup is not applied: changing the owner of files needs root");
  return undefined;
}

/**
 * Gives the whole tree to the group, as the kubelet does for writable volumes: read and write for the group everywhere,
 * setgid and execute on folders. Links change their own group only. Needs root (or membership in the group).
 */
export async function giveToGroup(path: string, gid: number): Promise<void> {
  const stat = await lstat(path);
  await lchown(path, stat.uid, gid);
  if (stat.isSymbolicLink()) return;
  await chmod(path, (stat.mode & 0o7777) | (stat.isDirectory() ? 0o2770 : 0o660));
  if (!stat.isDirectory()) return;
  for (const name of await readdir(path)) await giveToGroup(join(path, name), gid);
}
