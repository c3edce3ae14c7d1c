/**
 * Statuses on their way to the server: only what changed, as many at once as have gathered while the last batch was on its
 * way, tried again with growing pauses while the server does not answer.
 */
import { isDeepStrictEqual } from "node:util";
import type { PodRef, ServerLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { PodStatus } from "../../machinery/types/core/v1.ts";

const FIRST_RETRY = 200;
const LAST_RETRY = 10_000;
const MAX_BATCH = 500;

export interface StatusReporter {
  /** Does nothing if the server has this status already. */
  report(pod: PodRef, status: PodStatus): void;
  /** Resolves when the pod's last reported status has been answered. */
  settled(podUid: string): Promise<"ok" | "gone">;
  /** The server's copy is not what was reported: the next report() is sent even if it changes nothing. */
  invalidate(podUid: string): void;
  forget(podUid: string): void;
  close(): void;
}

interface Entry {
  readonly pod: PodRef;
  status: PodStatus;
  /** What the server has accepted. */
  accepted: PodStatus | undefined;
  answer: "ok" | "gone" | undefined;
  waiting: ((answer: "ok" | "gone") => void)[];
}

export function createStatusReporter(options: {
  readonly link: Pick<ServerLink, "reportPodStatuses">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly gone: (pod: PodRef) => void;
}): StatusReporter {
  const { link, clock, log, gone } = options;
  const entries = new Map<string, Entry>();
  const dirty = new Set<string>();
  let sending = false;
  let closed = false;
  let retry = FIRST_RETRY;

  const answered = (entry: Entry, sent: PodStatus, answer: "ok" | "gone") => {
    entry.accepted = sent;
    entry.answer = answer;
    if (entry.status !== sent && answer === "ok") return;
    dirty.delete(entry.pod.uid);
    for (const resolve of entry.waiting.splice(0)) resolve(answer);
    if (answer === "gone") gone(entry.pod);
  };

  const sendOnce = async () => {
    const batch = [...dirty].slice(0, MAX_BATCH).flatMap((uid) => entries.get(uid) ?? []);
    for (const entry of batch) dirty.delete(entry.pod.uid);
    const reports = batch.map(({ pod, status }) => ({ pod, status }));
    try {
      const answers = await link.reportPodStatuses(reports);
      retry = FIRST_RETRY;
      for (const [index, entry] of batch.entries()) {
        answered(entry, reports[index]?.status ?? entry.status, answers[index] ?? "ok");
      }
    } catch (error) {
      log.debug({ err: error, pods: batch.length }, "pod statuses could not be reported");
      for (const entry of batch) if (entries.has(entry.pod.uid)) dirty.add(entry.pod.uid);
      await new Promise<void>((resolve) => void clock.after(retry, resolve));
      retry = Math.min(retry * 2, LAST_RETRY);
    }
  };

  const send = async () => {
    sending = true;
    // One turn of the loop, for what is reported together to travel together.
    await Promise.resolve();
    while (dirty.size > 0 && !closed) await sendOnce();
    sending = false;
  };

  return {
    report(pod, status) {
      const entry = entries.get(pod.uid) ?? { pod, status, accepted: undefined, answer: undefined, waiting: [] };
      entries.set(pod.uid, entry);
      const pending = dirty.has(pod.uid) || entry.status !== entry.accepted;
      if (entry.answer !== undefined && isDeepStrictEqual(pending ? entry.status : entry.accepted, status)) return;
      entry.status = status;
      entry.answer = undefined;
      dirty.add(pod.uid);
      if (!sending && !closed) void send();
    },
    settled(podUid) {
      const entry = entries.get(podUid);
      if (!entry) return Promise.resolve("gone");
      if (entry.answer !== undefined && !dirty.has(podUid)) return Promise.resolve(entry.answer);
      return new Promise((resolve) => entry.waiting.push(resolve));
    },
    invalidate(podUid) {
      const entry = entries.get(podUid);
      if (entry) entry.answer = undefined;
    },
    forget(podUid) {
      const entry = entries.get(podUid);
      entries.delete(podUid);
      dirty.delete(podUid);
      for (const resolve of entry?.waiting ?? []) resolve("gone");
    },
    close() {
      closed = true;
    },
  };
}
