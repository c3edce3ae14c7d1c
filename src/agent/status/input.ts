import type { Pod, PodStatus } from "../../machinery/types/core/v1.ts";
import type { ProbeVerdicts } from "../pod/probe-results.ts";
import type { PodView } from "../pod/view.ts";
import type { ResizeRefusal } from "../resize/capacity.ts";

/** All that a pod's status is made of. */
export interface StatusInput {
  /** With the resources that the node has agreed to. */
  readonly pod: Pod;
  /** The newest status known here, or the API's. */
  readonly previous: PodStatus;
  readonly view: PodView;
  readonly probes: ProbeVerdicts;
  /** Why containers wait, by name. */
  readonly reasons: ReadonlyMap<string, { readonly reason: string; readonly message: string }>;
  /** Termination messages, by container id. */
  readonly messages: ReadonlyMap<string, string>;
  /** RFC 3339, to the second. */
  readonly now: string;
  readonly nodeIps: readonly string[];
  /** The pod was ended by the node: "DeadlineExceeded", "Evicted"; its phase is Failed. */
  readonly ended?: { readonly reason: string; readonly message: string };
  /** Why a resize waits, and why one that was agreed to could not be made. */
  readonly resize?: { readonly refusal?: ResizeRefusal; readonly failure?: string };
  /** Nothing of it runs any more, and nothing will. */
  readonly terminated: boolean;
}
