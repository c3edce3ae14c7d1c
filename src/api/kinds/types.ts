import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { Call, Outcome, Pipeline, WriteParameters } from "../pipeline/types.ts";

/** Takes back what a write had taken (an address, a port), when the write did not come about. */
export type Undo = () => void;

/**
 * What a built-in kind does beside its strategy, because it needs more than the object: an allocator, other objects, the
 * user. Registered by "plural.group" in kinds/index.ts; a kind without any is the rule.
 */
export interface KindHooks {
  /** Before validation. The object is the request's own and may be changed; throws StatusError. */
  beginCreate?(call: Call, object: UnstructuredObject, dryRun: boolean): Undo | undefined;
  beginUpdate?(call: Call, object: UnstructuredObject, old: UnstructuredObject, dryRun: boolean): Undo | undefined;
  /** The update is in the store. */
  afterUpdate?(object: UnstructuredObject, old: UnstructuredObject): void;
  /** Reviews store nothing: the answer is made of the decoded, admitted object. */
  evaluate?(pipeline: Pipeline, call: Call, object: UnstructuredObject, write: WriteParameters): Promise<Outcome>;
  /** Of a computed kind: the objects that the call may be about; with a name, that one is enough. */
  compute?(pipeline: Pipeline, call: Call): Promise<readonly UnstructuredObject[]>;
  /** Whether a delete answers with the object, as opposed to a Status, although it is gone. */
  readonly returnsDeletedObject?: boolean;
  /** A delete asked for; throws StatusError to refuse. */
  beforeDelete?(call: Call, object: UnstructuredObject, dryRun: boolean): void;
  /** The object is gone from the store. */
  afterDelete?(object: UnstructuredObject): void;
  /** Subresources that take a POST or PUT body of their own kind: binding, eviction, finalize. */
  readonly subresources?: Readonly<Record<string, SubresourceHook>>;
}

export interface SubresourceHook {
  readonly method: "POST" | "PUT";
  run(pipeline: Pipeline, call: Call, body: object, write: WriteParameters): Promise<Outcome>;
}
