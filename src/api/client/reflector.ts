/**
 * List, then watch from the list's revision, for ever: what client-go's Reflector does. A watch that ends is resumed from
 * the last revision seen (bookmarks count); a revision the server has forgotten (410) leads to a new list.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { Backoff } from "./backoff.ts";
import type { ResourceClient, WatchEvent } from "./types.ts";

/** Where a reflector puts what it learns. */
export interface ReflectorSink<T> {
  /** Everything that exists, as of a list. */
  replace(items: readonly T[]): void;
  event(type: "ADDED" | "MODIFIED" | "DELETED", object: T): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly resource: ResourceClient<T>;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Resolves when `signal` has aborted. Never rejects: every error is logged, backed off and tried again. */
export async function reflect<T extends KubeObject>(options: ReflectorOptions<T>): Promise<void> {
  const { resource, sink, clock, log, random, signal } = options;
  const backoff = new Backoff({ clock, random, initial: 800, limit: 30_000, reset: 120_000 });
  /** Undefined: a list is needed. */
  let revision: string | undefined;
  while (!signal.aborted) {
    const began = clock.elapsed();
    try {
      if (revision === undefined) {
        const list = await resource.list();
        if (signal.aborted) return;
        sink.replace(list.items);
        revision = list.metadata.resourceVersion;
      }
      let events = 0;
      for await (const event of resource.watch({ resourceVersion: revision, allowWatchBookmarks: true, signal })) {
        if (signal.aborted) return;
        revision = revisionOf(event) ?? revision;
        events++;
        if (event.type !== "BOOKMARK") sink.event(event.type, event.object);
      }
      // A server that closes every watch at once must not be asked again in a tight loop.
      if (events === 0 && clock.elapsed() - began < 1000) await backoff.wait(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isExpired(error)) {
        log.debug({ error, revision }, "watch history is gone, listing anew");
        const listed = revision !== undefined;
        revision = undefined;
        if (listed) continue;
      } else {
        log.warn({ error }, "list and watch failed, trying again");
      }
      await backoff.wait(signal);
    }
  }
}

function revisionOf<T extends KubeObject>(event: WatchEvent<T>): string | undefined {
  return event.object.metadata.resourceVersion;
}

function isExpired(error: unknown): boolean {
  return error instanceof StatusError && (error.code === 410 || error.reason === "Expired" || error.reason === "Gone");
}
