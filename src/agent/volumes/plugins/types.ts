import type { Logger } from "../../../machinery/logger.ts";
import type { Pod, Volume } from "../../../machinery/types/core/v1.ts";
import type { MountTable } from "../mount-table.ts";
import type { ObjectSource } from "../types.ts";

/** One kind of volume. Errors it throws become the text after `MountVolume.SetUp failed for volume "x" : `. */
export interface VolumePlugin {
  /** The folder is kubernetes.io~NAME, as the kubelet's. */
  readonly name: string;
  supports(volume: Volume): boolean;
  /** Idempotent: also called for a volume that a former process set up. */
  setUp(context: VolumeContext): Promise<void>;
  /** Only where contents follow API objects. */
  refresh?(context: VolumeContext): Promise<void>;
  /** Where the volume is on the host. */
  hostPath(context: VolumeContext): string;
  /** Whether containers may only read it, whatever their mounts say. */
  readonly readOnly: boolean;
}

export interface VolumeContext {
  readonly pod: Pod;
  readonly volume: Volume;
  /** The volume's own folder; made by the plugin that uses it. */
  readonly folder: string;
  readonly host: VolumeHost;
}

/** What plugins need of their surroundings. */
export interface VolumeHost {
  readonly objects: ObjectSource;
  readonly tokens: TokenSource | undefined;
  readonly mounts: MountTable;
  readonly log: Logger;
  /** What resourceFieldRef gives for a limit that is not set: the node's allocatable. */
  allocatable(): Readonly<Record<string, string>>;
}

/** ServiceAccount tokens for projected volumes. Caches and renews by itself: refresh() asks again each time. */
export interface TokenSource {
  /**
   * `audience` absent: the API server's own. `written`: what the volume has from before this agent was started, which has to
   * do while the server cannot be reached.
   */
  token(
    pod: Pod,
    request: { readonly audience?: string; readonly expirationSeconds: number },
    written?: () => Promise<string | undefined>,
  ): Promise<string>;
  /** The pod's volumes are gone. */
  forget(podUid: string): void;
}
