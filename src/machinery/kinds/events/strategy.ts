import type { Event } from "../../types/events/v1.ts";
import { strategyFor } from "../strategy-for.ts";

export const eventStrategy = strategyFor<Event>({ allowCreateOnUpdate: true, hasGeneration: false });
