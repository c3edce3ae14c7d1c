import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { failure } from "../../machinery/status/error.ts";
import { serviceUnavailable } from "../../machinery/status/errors.ts";
import { type Entry, StoreClosedError, StoreUnavailableError, type Template } from "../../store/types.ts";
import type { Resource } from "../registry/resource.ts";
import { rememberParsed, share } from "../serialize/parsed.ts";
import { bytesOf } from "../serialize/template.ts";
import type { Outcome } from "./types.ts";

/** The outcome of a write: `object`, which was given to the store as it is, now with its revision. */
export function written(resource: Resource, entry: Entry, object: UnstructuredObject): Outcome {
  const { modRevision: revision, value } = entry;
  const metadata = { ...object.metadata, resourceVersion: String(revision) };
  const stamped: UnstructuredObject = { ...object, metadata };
  if (!resource.mixed) {
    rememberParsed(value, stamped);
    return { object: stamped, bytes: value, revision };
  }
  return { object: share(stamped), bytes: resource.bytesOf(value), revision };
}

/** etcd's --max-request-bytes: no object is larger. */
const objectLimit = 1.5 * 1024 * 1024;

/** Throws the 500 that comes of etcd's refusal. */
export function checkSize(template: Template): Template {
  if (template.bytes.length <= objectLimit) return template;
  throw failure(500, "", "etcdserver: request is too large");
}

/** What stands in the store, in the version asked for. */
export function stored(resource: Resource, entry: Entry): Outcome {
  return {
    get object() {
      return resource.objectOf(entry.value);
    },
    bytes: resource.bytesOf(entry.value),
    revision: entry.modRevision,
  };
}

/** What a write would have given. */
export function dryRun(object: UnstructuredObject, managedFields: string): Outcome {
  return { object: share(object), bytes: bytesOf(object, managedFields), revision: 0 };
}

/** A fault of the disk or a closing store becomes 503; anything else is passed on. */
export function unavailable(error: unknown): never {
  if (error instanceof StoreUnavailableError) throw serviceUnavailable(error.message);
  if (error instanceof StoreClosedError) throw serviceUnavailable("the server is shutting down");
  throw error;
}
