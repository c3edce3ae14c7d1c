import type { Client } from "../api/client/types.ts";
import type { Logger } from "../machinery/logger.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { Event } from "../machinery/types/core/v1.ts";
import * as resources from "./resources.ts";

/**
 * Writes the events of a node. One that says it has happened before (`count` above 1) updates the object of its name. An
 * event that cannot be written is logged and dropped: nothing may wait for it.
 */
export async function writeEvents(client: Client, events: readonly Event[], log: Logger): Promise<void> {
  for (const event of events) {
    try {
      await writeEvent(client, event);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      log.warn(
        { reason: event.reason, about: event.involvedObject, error: error.message },
        "an event was not recorded",
      );
    }
  }
}

async function writeEvent(client: Client, event: Event): Promise<void> {
  const events = client.resource<Event>(resources.events, event.metadata.namespace ?? "default");
  if ((event.count ?? 1) > 1) {
    try {
      return void (await events.patch(event.metadata.name ?? "", { type: "merge", patch: repetition(event) }));
    } catch (error) {
      // It has outlived its time to live: it begins anew under the same name.
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  }
  await events.create(event);
}

function repetition({ count, lastTimestamp, message, series }: Event): object {
  return { count, lastTimestamp, message, ...(series ? { series } : {}) };
}
