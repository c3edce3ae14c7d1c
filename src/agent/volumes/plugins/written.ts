/** Volumes whose files the agent writes itself. */
import { chmod, mkdir } from "node:fs/promises";
import { type Payload, writeAtomically } from "../atomic-writer.ts";
import { fsGroupOf } from "../fs-group.ts";
import type { VolumeContext } from "./types.ts";

export const defaultFileMode = 0o644;

export async function writeFiles(context: VolumeContext, files: Payload): Promise<void> {
  const { folder } = context;
  if (await mkdir(folder, { recursive: true })) await chmod(folder, 0o755);
  await writeAtomically(folder, files, fsGroupOf(context));
}

/** As writeFiles(), on a tmpfs where this process may mount: what is secret should not reach the disk. */
export async function writeSecretFiles(context: VolumeContext, files: Payload): Promise<void> {
  const { folder, host } = context;
  await mkdir(folder, { recursive: true });
  if (host.mounts.available && !(await host.mounts.under(folder)).includes(folder)) {
    try {
      await host.mounts.mountTmpfs(folder, { mode: 0o755 });
    } catch (error) {
      host.log.warn({ folder, error }, "a secret volume is on the disk: no tmpfs could be mounted");
    }
  }
  await writeFiles(context, files);
}
