/** Volumes of a pod as folders on the host, bound into its containers. */
import type { ConfigMap, Container, Pod, Secret } from "../../machinery/types/core/v1.ts";
import type { Mount } from "../runtime/types.ts";

/** Where volumes take ConfigMaps and Secrets from: the agent's cache of desired state. */
export interface ObjectSource {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
}

export interface VolumeManager {
  /**
   * Makes every volume of the pod ready. Throws VolumeError while something is missing; its message is the whole text of
   * the kubelet's event FailedMount (`MountVolume.SetUp failed for volume "cfg" : configmap "x" not found`). The pod
   * worker retries.
   */
  setUp(pod: Pod): Promise<void>;
  /** Brings contents that follow API objects up to date, each volume atomically (a `..data` link swapped). */
  refresh(pod: Pod): Promise<void>;
  /** The bind mounts of one container, subPath and subPathExpr resolved. Only after setUp(). */
  mounts(pod: Pod, container: Container, env: ReadonlyMap<string, string>): Promise<readonly Mount[]>;
  /** Removes what setUp() made. Works after a restart, when only the uid is known. */
  tearDown(podUid: string): Promise<void>;
  /** Pods that have folders on this host. */
  podUids(): Promise<readonly string[]>;
}

export class VolumeError extends Error {
  override name = "VolumeError";
  readonly volume: string;
  constructor(volume: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.volume = volume;
  }
}
