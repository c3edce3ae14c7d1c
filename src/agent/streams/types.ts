/** What the streams (logs, exec, attach, port-forward) need to know of the pods of their node. */
import type { PodRef } from "../../../proto/agent.ts";
import type { Pod, PodStatus } from "../../machinery/types/core/v1.ts";
import type { SandboxState } from "../runtime/types.ts";

/** Implemented by whoever holds the pod workers. */
export interface PodDirectory {
  /** Undefined where no pod of that uid is on this node (any more). */
  podOf(ref: PodRef): PodOnNode | undefined;
}

export interface PodOnNode {
  readonly pod: Pod;
  /**
   * The newest status that the node knows, whether or not the server has it already. Container ids are read from it:
   * `docker://ID` is the container ID of the runtime.
   */
  readonly status: PodStatus;
  /** Absent while there is none; its network namespace is where ports are forwarded to. */
  readonly sandbox?: SandboxState;
}
