import type { Stats } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import type { VolumePlugin } from "./types.ts";

/** https://kubernetes.io/docs/concepts/storage/volumes/#hostpath */
export const hostPath: VolumePlugin = {
  name: "host-path",
  readOnly: false,
  supports: (volume) => volume.hostPath !== undefined,
  hostPath: ({ volume }) => volume.hostPath?.path ?? "",

  async setUp({ volume }) {
    const path = volume.hostPath?.path ?? "";
    const type = volume.hostPath?.type ?? "";
    const refuse = (what: string): never => {
      throw new Error(`hostPath type check failed: ${path} is not ${what}`);
    };
    let found = await statOf(path);
    // With no type the kubelet checks nothing, and the runtime makes a missing folder when it binds it.
    if (!found && (type === "DirectoryOrCreate" || type === "")) {
      await mkdir(path, { recursive: true, mode: 0o755 });
      found = await statOf(path);
    }
    if (!found && type === "FileOrCreate") {
      await (await open(path, "a", 0o644)).close();
      found = await statOf(path);
    }
    switch (type) {
      case "":
        return;
      case "Directory":
      case "DirectoryOrCreate":
        return found?.isDirectory() ? undefined : refuse("a directory");
      case "File":
      case "FileOrCreate":
        return found?.isFile() ? undefined : refuse("a file");
      case "Socket":
        return found?.isSocket() ? undefined : refuse("a socket file");
      case "CharDevice":
        return found?.isCharacterDevice() ? undefined : refuse("a character device");
      case "BlockDevice":
        return found?.isBlockDevice() ? undefined : refuse("a block device");
      default:
        throw new Error(`${type} is an invalid volume type`);
    }
  },
};

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
