/** What every pod worker works with. */
import type { PodRef, ServerLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { EnvironmentSource } from "../container/env.ts";
import { fieldPathOf, type SpecContainer } from "../container/kinds.ts";
import type { EventRecorder } from "../events/recorder.ts";
import type { ImageManager } from "../image/manager.ts";
import type { ProbeManager } from "../probes/types.ts";
import type { ResizeRefusal } from "../resize/capacity.ts";
import type { Runtime } from "../runtime/types.ts";
import type { ClusterDns, DnsSettings } from "../sandbox/dns.ts";
import type { StatusReporter } from "../status/reporter.ts";
import type { VolumeManager } from "../volumes/types.ts";
import type { BackOff } from "./backoff.ts";
import type { ProbeResults } from "./probe-results.ts";
import type { Slots } from "./slots.ts";

export interface PodContext {
  readonly runtime: Runtime;
  readonly volumes: VolumeManager;
  readonly images: ImageManager;
  readonly probes: ProbeManager;
  readonly results: ProbeResults;
  readonly recorder: EventRecorder;
  readonly reporter: StatusReporter;
  readonly link: Pick<ServerLink, "confirmPodStopped">;
  readonly source: EnvironmentSource;
  /** Why the node cannot give the pod what it wishes now; undefined where it can. */
  readonly resizeRefusal: (wish: Pod) => ResizeRefusal | undefined;
  readonly crashes: BackOff;
  /** How many sandboxes are made at once. */
  readonly sandboxSlots: Slots;
  /** Resolves when NetworkPolicies hold for the pod at these addresses; absent where nothing enforces them. */
  readonly isolate?: (pod: Pod, ips: readonly string[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dataDir: string;
  readonly node: NodeFacts;
}

export interface NodeFacts {
  ips(): readonly string[];
  memoryBytes(): number;
  clusterDns(): ClusterDns | undefined;
  clusterDomain(): string;
  /** Resolves when pods can be given addresses; rejects with NetworkNotReadyError when that takes too long. */
  networkReady(): Promise<void>;
  /** From the host's resolv.conf; undefined where it names no server that containers can reach. */
  hostDns(): Promise<DnsSettings | undefined>;
  hostsFile(): Promise<string>;
}

export function refOf(pod: Pod): PodRef {
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  return { namespace, name, uid };
}

/** As the kubelet writes pods into messages: "name_namespace(uid)". */
export function formatPod(pod: Pod): string {
  const { namespace, name, uid } = refOf(pod);
  return `${name}_${namespace}(${uid})`;
}

/** Emits an event about the pod, or about one of its containers. */
export function emit(
  context: Pick<PodContext, "recorder">,
  pod: Pod,
  spec: SpecContainer | undefined,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): void {
  const { namespace, name, uid } = refOf(pod);
  const about = {
    kind: "Pod",
    apiVersion: "v1",
    namespace,
    name,
    uid,
    ...(pod.metadata.resourceVersion ? { resourceVersion: pod.metadata.resourceVersion } : {}),
    ...(spec ? { fieldPath: fieldPathOf(spec) } : {}),
  };
  context.recorder.event(about, type, reason, message);
}
