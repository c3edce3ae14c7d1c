import type { Event } from "../../machinery/types/core/v1.ts";
import { isConflict, isNotFound } from "../controller.ts";
import { Periodic } from "../periodic.ts";
import type { ControllerFactory } from "../types.ts";

const eventResource = { group: "", version: "v1", resource: "events" };
/** As kube-apiserver's --event-ttl. */
const lifetime = 3_600_000;
const interval = 300_000;
const page = 500;

/**
 * Takes Events away an hour after they last happened. They are paged through now and then and not cached: there may be
 * very many, and nobody needs to know the minute.
 */
export const ttlEventController: ControllerFactory = ({ client, clock, log }) => {
  /** How far the clock was ahead of the count of time, within the last lifetime. */
  let leads: { readonly at: number; readonly lead: number }[] = [];
  noteLead();
  return new Periodic({ name: "ttl-event", clock, log, interval, first: 60_000, run: sweep });

  async function sweep(signal: AbortSignal): Promise<void> {
    const oldest = clock.now() - lifetime - noteLead();
    let next: string | undefined;
    do {
      const list = await client
        .resource<Event>(eventResource)
        .list({ limit: page, ...(next ? { continue: next } : {}) });
      for (const event of list.items) {
        if (signal.aborted) return;
        if (lastSeen(event) < oldest) await remove(event);
      }
      next = list.metadata.continue;
    } while (next);
  }

  /** By how much the clock was set forward while events that are still there happened: they are not so old. */
  function noteLead(): number {
    const at = clock.elapsed();
    const lead = clock.now() - at;
    leads = [...leads.filter((one) => at - one.at <= lifetime), { at, lead }];
    return lead - Math.min(...leads.map((one) => one.lead));
  }

  async function remove({ metadata }: Event): Promise<void> {
    const { name = "", namespace, uid, resourceVersion } = metadata;
    const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
    try {
      await client.resource<Event>(eventResource, namespace).delete(name, { preconditions });
    } catch (error) {
      // It happened again in this very moment, or somebody else took it.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }
};

/** ms since the epoch. */
function lastSeen(event: Event): number {
  const times = [
    event.series?.lastObservedTime,
    event.lastTimestamp,
    event.eventTime,
    event.metadata.creationTimestamp,
  ];
  return Math.max(0, ...times.filter((time) => time !== undefined && time !== null).map((time) => Date.parse(time)));
}
