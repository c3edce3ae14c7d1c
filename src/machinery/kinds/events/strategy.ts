import type { Event } from "../../types/events/v1.ts";
import { validateNewEvent } from "../core/event-validation.ts";
import { strategyFor } from "../strategy-for.ts";
import { toCoreEvent } from "./convert.ts";

export const eventStrategy = strategyFor<Event>({
  allowCreateOnUpdate: true,
  hasGeneration: false,
  validate: (event) => validateNewEvent(toCoreEvent(event)),
});
