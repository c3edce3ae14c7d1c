import { notFound, tooLargeResourceVersion } from "../../machinery/status/errors.ts";
import { stored, unavailable } from "./commit.ts";
import { getComputed } from "./computed.ts";
import { parseResourceVersion } from "./resource-version.ts";
import type { Call, Outcome, Pipeline } from "./types.ts";

/** Always the newest state, which is never older than `resourceVersion` asks for. */
export async function get(pipeline: Pipeline, call: Call, resourceVersion = ""): Promise<Outcome> {
  if (resourceVersion !== "") {
    const revision = parseResourceVersion(call.resource, resourceVersion);
    if (revision > pipeline.store.revision) throw tooLargeResourceVersion(revision, pipeline.store.revision);
  }
  if (call.resource.definition.computed) return await getComputed(pipeline, call);
  const entry = await pipeline.store.get(call.resource.key(call.namespace, call.name)).catch(unavailable);
  if (entry === undefined) throw notFound(call.resource, call.name);
  return stored(call.resource, entry);
}
