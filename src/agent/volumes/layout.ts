/**
 * Where a pod's folders are, as the kubelet lays them out under its root:
 * `pods/UID/volumes/kubernetes.io~PLUGIN/VOLUME` and `pods/UID/volume-subpaths/VOLUME/CONTAINER/INDEX`.
 */
import { join } from "node:path";

export interface PodFolders {
  readonly pod: string;
  readonly volumes: string;
  readonly subpaths: string;
  volume(plugin: string, name: string): string;
  subpath(volume: string, container: string, index: number): string;
}

export function podsFolder(root: string): string {
  return join(root, "pods");
}

export function podFolders(root: string, uid: string): PodFolders {
  if (!/^[A-Za-z0-9-]+$/.test(uid)) throw new Error(`not a pod uid: ${JSON.stringify(uid)}`);
  const pod = join(podsFolder(root), uid);
  const volumes = join(pod, "volumes");
  const subpaths = join(pod, "volume-subpaths");
  return {
    pod,
    volumes,
    subpaths,
    volume: (plugin, name) => join(volumes, `kubernetes.io~${plugin}`, name),
    subpath: (volume, container, index) => join(subpaths, volume, container, String(index)),
  };
}
