import { mkdir, readdir, rm } from "node:fs/promises";
import type { Logger } from "../../machinery/logger.ts";
import type { Container, Pod, Volume, VolumeMount } from "../../machinery/types/core/v1.ts";
import type { Mount } from "../runtime/types.ts";
import { type PodFolders, podFolders, podsFolder } from "./layout.ts";
import { hostMountTable, type MountTable } from "./mount-table.ts";
import { configMap } from "./plugins/config-map.ts";
import { downwardApi } from "./plugins/downward-api.ts";
import { emptyDir } from "./plugins/empty-dir.ts";
import { hostPath } from "./plugins/host-path.ts";
import { projected } from "./plugins/projected.ts";
import { secret } from "./plugins/secret.ts";
import type { TokenSource, VolumeContext, VolumeHost, VolumePlugin } from "./plugins/types.ts";
import { checkSubPath, prepareSubPath } from "./subpath.ts";
import { type ObjectSource, VolumeError, type VolumeManager } from "./types.ts";

export interface VolumeManagerOptions {
  /** The agent's own folder; pods' folders are under `pods/` in it, as under the kubelet's root. */
  readonly root: string;
  readonly objects: ObjectSource;
  readonly log: Logger;
  readonly tokens?: TokenSource;
  /** The node's allocatable, for resourceFieldRef; default: nothing known. */
  readonly allocatable?: () => Readonly<Record<string, string>>;
  readonly mounts?: MountTable;
}

const plugins: readonly VolumePlugin[] = [emptyDir, hostPath, configMap, secret, downwardApi, projected];

/**
 * As root on Linux everything works. Without root nothing can be mounted or given away, and a warning in the log says so for
 * each: emptyDir with medium Memory and secrets are on the disk (its sizeLimit does not hold), fsGroup is not applied, and
 * a subPath is checked but not pinned (see subpath.ts). The container engine must see the same mounts as this process.
 */
export function createVolumeManager(options: VolumeManagerOptions): VolumeManager {
  const { root, mounts = hostMountTable } = options;
  const host: VolumeHost = {
    objects: options.objects,
    tokens: options.tokens,
    mounts,
    log: options.log,
    allocatable: options.allocatable ?? (() => ({})),
  };

  const contextOf = (
    pod: Pod,
    volume: Volume,
    folders: PodFolders,
  ): { plugin: VolumePlugin; context: VolumeContext } => {
    const plugin = plugins.find((candidate) => candidate.supports(volume)) ?? missingPlugin(volume);
    return { plugin, context: { pod, volume, folder: folders.volume(plugin.name, volume.name), host } };
  };

  return {
    async setUp(pod) {
      const folders = podFolders(root, pod.metadata.uid ?? "");
      await mkdir(folders.volumes, { recursive: true, mode: 0o750 });
      for (const volume of pod.spec?.volumes ?? []) {
        await named(volume.name, async () => {
          const { plugin, context } = contextOf(pod, volume, folders);
          await plugin.setUp(context);
        });
      }
    },

    async refresh(pod) {
      const folders = podFolders(root, pod.metadata.uid ?? "");
      for (const volume of pod.spec?.volumes ?? []) {
        await named(volume.name, async () => {
          const { plugin, context } = contextOf(pod, volume, folders);
          await plugin.refresh?.(context);
        });
      }
    },

    async mounts(pod, container, env) {
      const folders = podFolders(root, pod.metadata.uid ?? "");
      const result: Mount[] = [];
      for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
        const volume = pod.spec?.volumes?.find(({ name }) => name === mount.name);
        if (!volume) throw new VolumeError(mount.name, unknownVolume(mount, container));
        const { plugin, context } = contextOf(pod, volume, folders);
        const volumePath = plugin.hostPath(context);
        const subPath = subPathOf(mount, container, env);
        result.push({
          hostPath: subPath
            ? await pinSubPath(mount, container, {
                volumePath,
                subPath,
                target: folders.subpath(mount.name, container.name, index),
              })
            : volumePath,
          containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
          readOnly: (mount.readOnly ?? false) || plugin.readOnly,
          propagation: propagationOf(mount),
        });
      }
      return result;
    },

    async tearDown(podUid) {
      options.tokens?.forget(podUid);
      const folders = podFolders(root, podUid);
      // What is still mounted must go first: removing below a bind mount would remove what it shows.
      for (const point of await mounts.under(folders.pod)) await mounts.unmount(point);
      await rm(folders.pod, { recursive: true, force: true });
    },

    async podUids() {
      try {
        return await readdir(podsFolder(root));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    },
  };

  async function pinSubPath(mount: VolumeMount, container: Container, subPath: Parameters<typeof prepareSubPath>[0]) {
    try {
      return await prepareSubPath(subPath, mounts);
    } catch (error) {
      const about = `failed to prepare subPath for volumeMount ${JSON.stringify(mount.name)} of container ${JSON.stringify(container.name)}`;
      host.log.warn({ error, subPath: subPath.subPath }, about);
      throw new VolumeError(mount.name, about, { cause: error });
    }
  }
}

async function named(volume: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = `MountVolume.SetUp failed for volume ${JSON.stringify(volume)} : ${(error as Error).message}`;
    throw new VolumeError(volume, message, { cause: error });
  }
}

function missingPlugin(volume: Volume): never {
  const source = Object.keys(volume).find((key) => key !== "name");
  throw new Error(`no volume plugin matched: volumes of type ${source ?? "unknown"} are not supported by this node`);
}

function unknownVolume(mount: VolumeMount, container: Container): string {
  return `cannot find volume ${JSON.stringify(mount.name)} to mount into container ${JSON.stringify(container.name)}`;
}

/** subPath as it is, or subPathExpr with its variables; "" where the whole volume is mounted. */
function subPathOf(mount: VolumeMount, container: Container, env: ReadonlyMap<string, string>): string {
  let subPath = mount.subPath ?? "";
  try {
    if (mount.subPathExpr) subPath = expand(mount.subPathExpr, env);
    checkSubPath(subPath);
  } catch (error) {
    throw new VolumeError(mount.name, (error as Error).message, { cause: error });
  }
  if (mount.subPathExpr && subPath === "") {
    throw new VolumeError(
      mount.name,
      `subPathExpr of volumeMount ${JSON.stringify(mount.name)} of container ${JSON.stringify(container.name)} is empty`,
    );
  }
  return subPath;
}

/** Unlike in command and args, a variable that does not exist is an error here. "$$(X)" is "$(X)" as it stands. */
function expand(expression: string, env: ReadonlyMap<string, string>): string {
  return expression.replace(/\$\$|\$\(([^)]*)\)/g, (_, name: string | undefined) => {
    if (name === undefined) return "$";
    const value = env.get(name);
    if (value === undefined) throw new Error(`missing value for ${JSON.stringify(name)}`);
    return value;
  });
}

function propagationOf(mount: VolumeMount): Mount["propagation"] {
  switch (mount.mountPropagation) {
    case "Bidirectional":
      return "rshared";
    case "HostToContainer":
      return "rslave";
    default:
      return undefined;
  }
}
