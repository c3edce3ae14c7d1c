import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { Revision, Store } from "../../store/types.ts";
import type { AdmissionChain } from "../admission/types.ts";
import type { UserInfo } from "../client/types.ts";
import type { KindHooks } from "../kinds/types.ts";
import type { Registry } from "../registry/registry.ts";
import type { Resource } from "../registry/resource.ts";
import type { Trace } from "../tracing/types.ts";
import type { WatchHub } from "../watch/hub.ts";

/** What every verb works with. One per server. */
export interface Pipeline {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly admission: AdmissionChain;
  readonly hub: WatchHub;
  /** What built-in kinds do beyond their strategy, by "plural.group": allocation, finalization, side effects. */
  readonly kinds: ReadonlyMap<string, KindHooks>;
}

/** One authorized request to the pipeline. */
export interface Call {
  readonly user: UserInfo;
  readonly resource: Resource;
  /** "" for cluster-scoped kinds and for all namespaces. */
  readonly namespace: string;
  /** "" for collections. */
  readonly name: string;
  /** "" for the resource itself. */
  readonly subresource: string;
  /** Texts for Warning headers; verbs add to it. */
  readonly warnings: string[];
  /** Absent: it is not traced. */
  readonly trace?: Trace | undefined;
}

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface WriteParameters {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Who owns what is written; absent: as the user is known. */
  readonly fieldManager?: string;
}

export interface DeleteParameters {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** An object as a verb gives it back: in the call's version. */
export interface Outcome {
  /** Without managedFields, as all objects in this process. */
  readonly object: UnstructuredObject;
  /** With them: what a client gets. */
  readonly bytes: Buffer;
  /** The write made it, as opposed to changed or found it. */
  readonly created?: boolean;
  /** The revision of the write or read; 0 for a dry run. */
  readonly revision: Revision;
}

/** The body of a create or update: as text, or as an object that the caller keeps (in-process). */
export type Input = { readonly json: Buffer } | { readonly object: object };
