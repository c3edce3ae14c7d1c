import type { AgentLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";

export interface StreamOptions {
  /** Undefined when that node is not connected. */
  readonly agentOf: (nodeName: string) => AgentLink | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}
