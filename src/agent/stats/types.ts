import type { PodRef } from "../../../proto/agent.ts";

export interface RunningPod {
  readonly pod: PodRef;
  readonly containers: readonly { readonly name: string /** The runtime's. */; readonly id: string }[];
}
