import { chmod, mkdir } from "node:fs/promises";
import { quantityValue } from "../../../machinery/quantity/read.ts";
import { fsGroupOf, giveToGroup } from "../fs-group.ts";
import type { VolumeContext, VolumePlugin } from "./types.ts";

/** https://kubernetes.io/docs/concepts/storage/volumes/#emptydir */
export const emptyDir: VolumePlugin = {
  name: "empty-dir",
  readOnly: false,
  supports: (volume) => volume.emptyDir !== undefined,
  hostPath: ({ folder }) => folder,

  async setUp(context) {
    const { folder, volume } = context;
    const medium = volume.emptyDir?.medium ?? "";
    let isNew = (await mkdir(folder, { recursive: true })) !== undefined;
    if (medium === "Memory") isNew = (await mountInMemory(context)) || isNew;
    else if (medium !== "") throw new Error(`unknown storage medium ${JSON.stringify(medium)}`);
    if (isNew) await chmod(folder, 0o777);
    const gid = fsGroupOf(context);
    // Only once: what the containers have written since may be anything, and large.
    if (gid !== undefined && isNew) await giveToGroup(folder, gid);
  },
};

/** Resolves with whether it was mounted now. */
async function mountInMemory({ folder, host, pod, volume }: VolumeContext): Promise<boolean> {
  if ((await host.mounts.under(folder)).includes(folder)) return false;
  const fields = { namespace: pod.metadata.namespace, pod: pod.metadata.name, volume: volume.name };
  if (!host.mounts.available) {
    host.log.warn(fields, "emptyDir with medium Memory is on the disk: mounting needs root");
    return false;
  }
  const sizeLimit = volume.emptyDir?.sizeLimit;
  const sizeBytes = sizeLimit === undefined ? undefined : quantityValue(sizeLimit);
  try {
    await host.mounts.mountTmpfs(folder, { mode: 0o777, ...(sizeBytes ? { sizeBytes } : {}) });
    return true;
  } catch (error) {
    host.log.warn({ ...fields, error }, "emptyDir with medium Memory is on the disk: it could not be mounted");
    return false;
  }
}
