/** Probes of a container: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/ */
import type { Container, Pod } from "../../machinery/types/core/v1.ts";

export type ProbeKind = "startup" | "readiness" | "liveness";

export interface ProbeTarget {
  readonly pod: Pod;
  readonly container: Container;
  readonly containerId: string;
  /** Where HTTP, TCP and gRPC probes connect to; loopback for hostNetwork. */
  readonly podIp: string;
  /** RFC 3339: initialDelaySeconds counts from here. */
  readonly startedAt: string;
}

export interface ProbeSink {
  /** The probe's verdict after its thresholds; called on changes only. */
  result(containerId: string, kind: ProbeKind, success: boolean, output: string): void;
  /** A failed attempt below the threshold counts too: the event Unhealthy is emitted for each. `message` is the kubelet's. */
  failed(containerId: string, kind: ProbeKind, message: string): void;
}

export interface ProbeManager {
  /** Begins all probes of a started container; readiness and liveness wait for startup. Idempotent per container id. */
  start(target: ProbeTarget): void;
  stop(containerId: string): void;
  close(): void;
}
