/** The watch verb: what exists or has happened since a revision, then everything that happens. */
import type { FieldError } from "../../machinery/kinds/types.ts";
import { StatusError } from "../../machinery/status/error.ts";
import {
  internalError,
  invalid,
  serviceUnavailable,
  tooLargeResourceVersion,
  tooOldResourceVersion,
} from "../../machinery/status/errors.ts";
import { fieldForbidden, notSupported } from "../../machinery/status/field-errors.ts";
import { CompactedError, type Revision, StoreClosedError, type StoreEvent, type Watch } from "../../store/types.ts";
import { type Change, changesOf, type Scope } from "../watch/changes.ts";
import type { WatchFormat } from "../watch/format.ts";
import type { Topic } from "../watch/topic.ts";
import { narrowed } from "./list.ts";
import { parseResourceVersion } from "./resource-version.ts";
import type { Selection } from "./selection.ts";
import type { Call, Pipeline } from "./types.ts";

export interface WatchParameters {
  readonly selection: Selection;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  /** Watches have no pages: is looked at only to be refused. */
  readonly continue?: string;
  /** Absent: only where resourceVersion is "" or "0". */
  readonly sendInitialEvents?: boolean;
  readonly allowWatchBookmarks: boolean;
}

export interface WatchReceiver<C> {
  /** A returned promise holds back the past (initial events, history); for live events nobody waits. */
  deliver(chunk: C): void | Promise<void>;
  /** Nothing more comes. The error was delivered before as an event, in the watch's format. */
  ended(): void;
}

/** Events of the past are encoded in portions of about so many. */
const portion = 200;

/** Checks the request (throws StatusError) before anything is answered. */
export function checkWatch(pipeline: Pipeline, { resource }: Call, parameters: WatchParameters): Revision {
  const errors = optionErrors(parameters);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
  const after = parseResourceVersion(resource, parameters.resourceVersion);
  const { revision } = pipeline.store;
  if (after > revision) throw tooLargeResourceVersion(after, revision);
  return after;
}

/** As kube-apiserver's defaults have it: a watch from nowhere is one that wants what is there. */
function sendsInitialEvents({ resourceVersion, sendInitialEvents, resourceVersionMatch }: WatchParameters): boolean {
  return sendInitialEvents ?? (resourceVersionMatch === "" && (resourceVersion === "" || resourceVersion === "0"));
}

/** validateWatchOptions of k8s.io/apimachinery. */
function optionErrors(parameters: WatchParameters): FieldError[] {
  const { sendInitialEvents, resourceVersionMatch: match, continue: token = "" } = parameters;
  const field = "resourceVersionMatch";
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    errors.push(fieldForbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (match !== "") {
    if (sendInitialEvents === undefined) {
      const why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
      errors.push(fieldForbidden(field, why));
    }
    if (match !== "NotOlderThan") errors.push(notSupported(field, match, ["NotOlderThan"]));
  }
  if (token !== "" && (match !== "" || sendsInitialEvents(parameters))) {
    errors.push(fieldForbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
  }
  return errors;
}

export class Watching<C> {
  readonly #pipeline: Pipeline;
  readonly #scope: Scope;
  readonly #format: WatchFormat<C>;
  readonly #receiver: WatchReceiver<C>;
  readonly #topic: Topic;
  #history: Watch | undefined;
  #leave: (() => void) | undefined;
  #endBookmarks: (() => void) | undefined;
  #joinedAt: Revision = 0;
  #stopped = false;

  constructor(
    pipeline: Pipeline,
    call: Call,
    selection: Selection,
    format: WatchFormat<C>,
    receiver: WatchReceiver<C>,
  ) {
    this.#pipeline = pipeline;
    this.#scope = { resource: call.resource, prefix: narrowed(call, selection), selection };
    this.#format = format;
    this.#receiver = receiver;
    this.#topic = pipeline.hub.topic(call.resource.prefix);
  }

  /** `after` as checkWatch() gave it. Never throws: what goes wrong from here on is an event. */
  async start(after: Revision, parameters: WatchParameters): Promise<void> {
    try {
      const fromNow = parameters.sendInitialEvents === false && after === 0;
      let seen = fromNow ? this.#pipeline.store.revision : after;
      if (sendsInitialEvents(parameters)) {
        seen = await this.#initialEvents();
        if (parameters.allowWatchBookmarks && !this.#stopped) {
          await this.#receiver.deliver(this.#format.bookmark(this.#scope.resource, seen, true));
        }
      }
      if (this.#stopped) return;
      if (parameters.allowWatchBookmarks) this.#endBookmarks = this.#pipeline.hub.bookmarks(this);
      this.#follow(seen);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Idempotent; the receiver is not called afterwards. */
  stop(): void {
    this.#stopped = true;
    this.#history?.close();
    this.#leave?.();
    this.#endBookmarks?.();
  }

  bookmark(): void {
    const through = this.#leave ? Math.max(this.#joinedAt, this.#topic.through) : this.#history?.through;
    if (through === undefined || this.#stopped) return;
    void this.#receiver.deliver(this.#format.bookmark(this.#scope.resource, through, false));
  }

  async #initialEvents(): Promise<Revision> {
    const { resource, prefix, selection } = this.#scope;
    const { entries, revision } = await this.#pipeline.store.list({ prefix });
    let changes: Change[] = [];
    for (const entry of entries) {
      if (this.#stopped) return revision;
      if (!selection.all && !selection.matches(resource.objectOf(entry.value))) continue;
      changes.push({ type: "ADDED", value: entry.value, revision: entry.modRevision });
      if (changes.length < portion) continue;
      await this.#receiver.deliver(this.#format.encode(resource, changes));
      changes = [];
    }
    if (changes.length > 0 && !this.#stopped) await this.#receiver.deliver(this.#format.encode(resource, changes));
    return revision;
  }

  /** Joins the live events, through the log where they no longer reach back to `after`. */
  #follow(after: Revision): void {
    if (this.#topic.reaches(after)) {
      this.#join(after);
      return;
    }
    this.#history = this.#pipeline.store.watch(
      { prefix: this.#scope.prefix, after },
      {
        events: (batch, through) => this.#past(batch, through),
        ended: (error) => this.#fail(error),
      },
    );
  }

  #past(batch: readonly StoreEvent[], through: Revision): void | Promise<void> {
    if (this.#stopped) return;
    const changes = changesOf(batch, this.#scope);
    const delivered =
      changes.length > 0 ? this.#receiver.deliver(this.#format.encode(this.#scope.resource, changes)) : undefined;
    if (!this.#topic.reaches(through)) return delivered;
    this.#history?.close();
    if (this.#stopped) return;
    if (delivered) return delivered.then(() => this.#follow(through));
    this.#join(through);
  }

  #join(after: Revision): void {
    if (this.#stopped) return;
    this.#joinedAt = after;
    this.#leave = this.#topic.join(this.#scope, this.#format, after, {
      deliver: (chunk) => void this.#receiver.deliver(chunk),
      ended: (error) => this.#fail(error),
    });
    if (this.#stopped) this.#leave();
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    if (!(error instanceof StoreClosedError)) {
      void this.#receiver.deliver(this.#format.error(statusOf(error)));
    }
    this.#receiver.ended();
  }
}

function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof CompactedError) return tooOldResourceVersion(error.asked, error.compacted);
  if (error instanceof StoreClosedError) return serviceUnavailable("the server is shutting down");
  return internalError(error instanceof Error ? error.message : String(error));
}
