import type { Clock } from "../../machinery/clock.ts";
import type { APIServiceSpec } from "../../machinery/types/apiregistration/v1.ts";
import { timestamp } from "../pipeline/timestamp.ts";
import type { KindHooks } from "./types.ts";

/** What this server serves itself is available as soon as it is registered. */
export function apiServiceHooks(clock: Clock): KindHooks {
  return {
    beginCreate(_call, object) {
      if ((object.spec as APIServiceSpec | undefined)?.service !== undefined) return undefined;
      const available = {
        type: "Available",
        status: "True",
        lastTransitionTime: timestamp(clock.now()),
        reason: "Local",
        message: "Local APIServices are always available",
      };
      object.status = { conditions: [available] };
      return undefined;
    },
  };
}
