import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { GroupVersionResource, KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Event, ObjectReference } from "../../machinery/types/core/v1.ts";
import { EventCorrelator, RecentMap } from "./event-recorder-correlator.ts";
import type { Client, EventRecorder } from "./types.ts";

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Who says it: "default-scheduler", "deployment-controller", "kubelet". */
  readonly component: string;
  /** The node it is said on. */
  readonly host?: string;
  /** Spreads retries; 0 ≤ random() < 1. */
  readonly random?: () => number;
}

export interface BufferedEventRecorder extends EventRecorder {
  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void>;
  /** Drops what waits; resolves when the writes on their way have ended. */
  stop(): Promise<void>;
}

/** One Event object: what is known of it on the server, and what it should say. Repetitions that come before the write fold into it. */
interface Series {
  readonly name: string;
  event: Event;
  attempts: number;
  queued: boolean;
  writing: boolean;
}

const events: GroupVersionResource = { group: "", version: "v1", resource: "events" };
/** Event objects that may wait to be written; more are dropped. */
const queueLimit = 10_000;
const writers = 8;
/** As client-go: so many attempts, ten seconds apart. */
const attemptLimit = 12;
const retryDelay = 10_000;

export function createEventRecorder(options: EventRecorderOptions): BufferedEventRecorder {
  const { client, clock, log, component, host, random = Math.random } = options;
  const correlator = new EventCorrelator(clock);
  const known = new RecentMap<Series>(4096);
  const queue: Series[] = [];
  const retries = new Set<() => void>();
  let idle: (() => void)[] = [];
  let writing = 0;
  let stopped = false;
  let serial = 0n;

  function record(about: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void {
    const involvedObject = referenceTo(about);
    const subject = `${component}\n${host ?? ""}\n${JSON.stringify({ ...involvedObject, resourceVersion: undefined })}`;
    const observed = correlator.observe({ subject, kind: `${type}\n${reason}`, message });
    if (!observed) return;
    const now = timestamp(clock.now());
    const before = known.get(observed.series);
    if (before && observed.count > 1) {
      before.event = { ...before.event, message: observed.message, count: observed.count, lastTimestamp: now };
      known.set(observed.series, before);
      enqueue(before);
      return;
    }
    const name = `${about.metadata.name}.${nanoseconds().toString(16)}`;
    const series: Series = {
      name,
      event: {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name, namespace: about.metadata.namespace || "default" },
        involvedObject,
        reason,
        message: observed.message,
        source: host === undefined ? { component } : { component, host },
        firstTimestamp: timestamp(observed.first),
        lastTimestamp: now,
        count: observed.count,
        type,
        reportingComponent: component,
        reportingInstance: host ?? "",
      },
      attempts: 0,
      queued: false,
      writing: false,
    };
    if (enqueue(series)) known.set(observed.series, series);
  }

  /** Two events of one millisecond still have names of their own. */
  function nanoseconds(): bigint {
    serial = (serial + 1n) % 1_000_000n;
    return BigInt(Math.floor(clock.now())) * 1_000_000n + serial;
  }

  function enqueue(series: Series): boolean {
    if (stopped) return false;
    if (series.queued) return true;
    if (queue.length >= queueLimit) {
      log.warn(
        { event: series.name, reason: series.event.reason },
        "too many events wait to be written, one is dropped",
      );
      return false;
    }
    series.queued = true;
    if (!series.writing) queue.push(series);
    if (writing < writers) {
      writing++;
      void work();
    }
    return true;
  }

  async function work(): Promise<void> {
    // Whoever records an event is not made to wait for the first steps of its write.
    await Promise.resolve();
    for (let series = queue.shift(); series; series = queue.shift()) {
      series.queued = false;
      series.writing = true;
      await write(series);
      series.writing = false;
      if (series.queued && !stopped) queue.push(series);
    }
    writing--;
    settle();
  }

  async function write(series: Series): Promise<void> {
    const { event } = series;
    try {
      await createOrPatch(event);
      series.attempts = 0;
    } catch (error) {
      const refused = error instanceof StatusError && error.code < 500 && error.code !== 429;
      if (refused || ++series.attempts >= attemptLimit) {
        log.warn({ error, event: series.name, reason: event.reason }, "an event could not be written, it is given up");
        series.attempts = 0;
        return;
      }
      if (stopped) return;
      // The first wait is random, so that many sources do not all come back at the same moment.
      const delay = series.attempts === 1 ? retryDelay * random() : retryDelay;
      const cancel = clock.after(delay, () => {
        retries.delete(cancel);
        enqueue(series);
        settle();
      });
      retries.add(cancel);
    }
  }

  async function createOrPatch(event: Event): Promise<void> {
    const resource = client.resource<Event>(events, event.metadata.namespace);
    const { count, lastTimestamp, message } = event;
    if (count !== undefined && count > 1) {
      try {
        await resource.patch(`${event.metadata.name}`, { type: "merge", patch: { count, lastTimestamp, message } });
        return;
      } catch (error) {
        // Expired meanwhile, or its creation was given up: the series begins a new object.
        if (!(error instanceof StatusError && error.code === 404)) throw error;
      }
    }
    try {
      await resource.create(event);
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
    }
  }

  function settle(): void {
    if (writing > 0 || queue.length > 0 || (retries.size > 0 && !stopped)) return;
    const waiting = idle;
    idle = [];
    for (const resolve of waiting) resolve();
  }

  function flush(): Promise<void> {
    return new Promise((resolve) => {
      idle.push(resolve);
      settle();
    });
  }

  return {
    event(about, type, reason, message) {
      try {
        record(about, type, reason, message);
      } catch (error) {
        log.error({ error, reason }, "an event could not be recorded");
      }
    },
    flush,
    stop() {
      stopped = true;
      queue.length = 0;
      for (const cancel of retries) cancel();
      retries.clear();
      return flush();
    },
  };
}

function referenceTo(object: KubeObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    ...(object.kind ? { kind: object.kind } : {}),
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(uid ? { uid } : {}),
    ...(object.apiVersion ? { apiVersion: object.apiVersion } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  };
}

function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
