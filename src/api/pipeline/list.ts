import type { FieldError } from "../../machinery/kinds/types.ts";
import {
  badRequest,
  continueTooOld,
  invalid,
  listTooOld,
  tooLargeResourceVersion,
} from "../../machinery/status/errors.ts";
import { fieldForbidden, notSupported } from "../../machinery/status/field-errors.ts";
import {
  CompactedError,
  type Entry,
  FutureRevisionError,
  type ListResult,
  type Revision,
  type ListOptions as StoreListOptions,
} from "../../store/types.ts";
import type { Resource } from "../registry/resource.ts";
import { unavailable } from "./commit.ts";
import { listComputed } from "./computed.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import { listRevision } from "./resource-version.ts";
import type { Selection } from "./selection.ts";
import type { Call, Pipeline } from "./types.ts";

export interface ListParameters {
  readonly selection: Selection;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  /** Is for watches only. */
  readonly sendInitialEvents?: boolean;
}

export interface Page {
  readonly entries: readonly Entry[];
  readonly revision: Revision;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** With a selector and a limit, the store is read in pages of at least this many. */
const minimumScan = 1000;

/** Throws 400, 410 (with a token to go on from, where it was a continued list) and 504 for a revision yet to come. */
export async function list(pipeline: Pipeline, call: Call, parameters: ListParameters): Promise<Page> {
  const { resource } = call;
  checkOptions(parameters);
  if (resource.definition.computed) return await listComputed(pipeline, call, parameters.selection);
  const start = startOf(pipeline, call, parameters);
  const prefix = narrowed(call, parameters.selection);
  const { limit, selection } = parameters;
  try {
    if (selection.all) {
      const page = await read(pipeline, { prefix, ...start, ...(limit > 0 ? { limit } : {}) });
      return paged(prefix, page, page.entries, page.more, page.remaining);
    }
    return await selected(pipeline, resource, prefix, start, parameters);
  } catch (error) {
    if (error instanceof CompactedError) {
      if (parameters.continue === "") throw listTooOld();
      const { after } = decodeContinue(parameters.continue);
      throw continueTooOld(encodeContinue({ revision: -1, after }));
    }
    if (error instanceof FutureRevisionError) throw tooLargeResourceVersion(error.asked, error.current);
    return unavailable(error);
  }
}

function read({ store }: Pipeline, options: StoreListOptions): Promise<ListResult> {
  return store.list(options);
}

/** Reads on until the limit is full of objects that match. */
async function selected(
  pipeline: Pipeline,
  resource: Resource,
  prefix: string,
  start: Start,
  { limit, selection }: ListParameters,
): Promise<Page> {
  const found: Entry[] = [];
  let options: StoreListOptions = { prefix, ...start, ...(limit > 0 ? { limit: Math.max(limit, minimumScan) } : {}) };
  for (;;) {
    const page = await read(pipeline, options);
    for (const [i, entry] of page.entries.entries()) {
      if (!selection.matches(resource.objectOf(entry.value))) continue;
      found.push(entry);
      if (limit > 0 && found.length === limit) {
        return paged(prefix, page, found, page.more || i + 1 < page.entries.length);
      }
    }
    const last = page.entries.at(-1);
    if (!page.more || last === undefined) return paged(prefix, page, found, false);
    options = { ...options, after: last.key, revision: page.revision };
  }
}

function paged(
  prefix: string,
  { revision }: ListResult,
  entries: readonly Entry[],
  more: boolean,
  remaining?: number,
): Page {
  const last = entries.at(-1);
  if (!more || last === undefined) return { entries, revision };
  return {
    entries,
    revision,
    continue: encodeContinue({ revision, after: last.key.slice(prefix.length) }),
    ...(remaining ? { remainingItemCount: remaining } : {}),
  };
}

interface Start {
  readonly after?: string;
  readonly revision?: Revision;
}

function startOf(pipeline: Pipeline, call: Call, parameters: ListParameters): Start {
  const { resourceVersion, resourceVersionMatch: match } = parameters;
  if (parameters.continue !== "") {
    const { revision, after } = decodeContinue(parameters.continue);
    if (resourceVersion !== "" && resourceVersion !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    const prefix = narrowed(call, parameters.selection);
    return { after: prefix + after, ...(revision > 0 ? { revision } : {}) };
  }
  const revision = listRevision(resourceVersion);
  if (revision > pipeline.store.revision) throw tooLargeResourceVersion(revision, pipeline.store.revision);
  const exact = match === "Exact" || (match === "" && parameters.limit > 0 && revision > 0);
  return exact ? { revision } : {};
}

/** ValidateListOptions of k8s.io/apimachinery. */
function checkOptions(parameters: ListParameters): void {
  const { resourceVersionMatch: match, sendInitialEvents } = parameters;
  if (match === "" && sendInitialEvents === undefined) return;
  const errors = match === "" ? [] : matchErrors(parameters);
  if (sendInitialEvents !== undefined) {
    errors.push(fieldForbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
}

function matchErrors({ resourceVersion, resourceVersionMatch: match, continue: token }: ListParameters): FieldError[] {
  const field = "resourceVersionMatch";
  const errors: FieldError[] = [];
  if (resourceVersion === "") {
    errors.push(fieldForbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
  }
  if (token !== "") errors.push(fieldForbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
  if (match !== "Exact" && match !== "NotOlderThan") {
    errors.push(notSupported(field, match, ["Exact", "NotOlderThan", ""]));
  }
  if (match === "Exact" && resourceVersion === "0") {
    errors.push(fieldForbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

/** A field selector that names the object or its namespace says where to look. */
export function narrowed({ resource, namespace }: Call, { fields }: Selection): string {
  const within = namespace === "" && resource.namespaced ? (fields.exact("metadata.namespace") ?? "") : namespace;
  const prefix = resource.prefixOf(within);
  const name = fields.exact("metadata.name");
  return name !== undefined && name !== "" && (within !== "" || !resource.namespaced) ? prefix + name : prefix;
}
