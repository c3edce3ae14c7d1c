/**
 * The agent's events: what repeats is counted instead of told again, a chatty object is cut short, and the server gets
 * them in batches. The rules (25 at once, then one in five minutes for each object) are client-go's.
 */
import { randomBytes } from "node:crypto";
import type { ServerLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Event, ObjectReference } from "../../machinery/types/core/v1.ts";

const FLUSH_AFTER = 100;
const FIRST_RETRY = 1000;
const LAST_RETRY = 30_000;
const MAX_QUEUED = 1000;
const MAX_REMEMBERED = 4096;
const BURST = 25;
const REFILL = 300_000;

export interface EventRecorder {
  event(about: ObjectReference, type: "Normal" | "Warning", reason: string, message: string): void;
  /** Sends what is waiting, once. */
  close(): Promise<void>;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

export function createEventRecorder(options: {
  readonly nodeName: string;
  readonly link: Pick<ServerLink, "recordEvents">;
  readonly clock: Clock;
  readonly log: Logger;
}): EventRecorder {
  const { nodeName, link, clock, log } = options;
  const known = new Map<string, Event>();
  const buckets = new Map<string, Bucket>();
  let queued = new Map<string, Event>();
  let cancel: (() => void) | undefined;
  let sending: Promise<void> | undefined;
  let retry = FIRST_RETRY;

  const schedule = (delay: number) => {
    cancel ??= clock.after(delay, () => {
      cancel = undefined;
      sending ??= send().finally(() => {
        sending = undefined;
        if (queued.size > 0) schedule(retry > FIRST_RETRY ? retry : FLUSH_AFTER);
      });
    });
  };

  const send = async () => {
    const batch = queued;
    queued = new Map();
    try {
      await link.recordEvents([...batch.values()]);
      retry = FIRST_RETRY;
    } catch (error) {
      log.warn({ err: error, events: batch.size }, "events could not be sent");
      for (const [key, event] of batch) if (!queued.has(key)) queued.set(key, event);
      retry = Math.min(retry * 2, LAST_RETRY);
    }
  };

  const allowed = (about: ObjectReference): boolean => {
    const key = `${about.kind}/${about.namespace}/${about.name}/${about.uid}`;
    const now = clock.elapsed();
    const bucket = buckets.get(key) ?? { tokens: BURST, filledAt: now };
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.filledAt) / REFILL);
    bucket.filledAt = now;
    trim(buckets);
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  };

  return {
    event(about, type, reason, message) {
      if (!allowed(about)) return;
      const key = JSON.stringify([
        about.kind,
        about.namespace,
        about.name,
        about.uid,
        about.fieldPath,
        type,
        reason,
        message,
      ]);
      const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
      const before = known.get(key);
      const event: Event = before
        ? { ...before, count: (before.count ?? 1) + 1, lastTimestamp: now }
        : {
            apiVersion: "v1",
            kind: "Event",
            metadata: {
              name: `${about.name}.${BigInt(clock.now()).toString(16)}${randomBytes(3).toString("hex")}`,
              namespace: about.namespace || "default",
            },
            involvedObject: about,
            type,
            reason,
            message,
            source: { component: "kubelet", host: nodeName },
            reportingComponent: "kubelet",
            reportingInstance: nodeName,
            firstTimestamp: now,
            lastTimestamp: now,
            count: 1,
          };
      known.delete(key);
      trim(known);
      known.set(key, event);
      if (queued.size < MAX_QUEUED || queued.has(key)) queued.set(key, event);
      schedule(FLUSH_AFTER);
    },

    async close() {
      cancel?.();
      await sending;
      if (queued.size > 0) await send();
    },
  };
}

/** Maps keep the order of insertion: the first one is the one that has not been used for longest. */
function trim(map: Map<string, unknown>): void {
  if (map.size < MAX_REMEMBERED) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
