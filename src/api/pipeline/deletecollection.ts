import { StatusError } from "../../machinery/status/error.ts";
import type { Entry } from "../../store/types.ts";
import { remove } from "./delete.ts";
import { type ListParameters, list } from "./list.ts";
import type { Call, DeleteParameters, Pipeline } from "./types.ts";

const pageSize = 500;
/** So many deletes are under way at once: they share commits. */
const width = 32;

/** Deletes what matches, one by one as `delete` would, and gives back what it was. Objects that vanish meanwhile are fine. */
export async function deleteCollection(
  pipeline: Pipeline,
  call: Call,
  parameters: ListParameters,
  options: DeleteParameters,
): Promise<readonly Entry[]> {
  const deleted: Entry[] = [];
  let token = parameters.continue;
  do {
    const limit = parameters.limit > 0 ? Math.min(parameters.limit, pageSize) : pageSize;
    const page = await list(pipeline, call, { ...parameters, limit, continue: token });
    const waiting = [...page.entries];
    const worker = async (): Promise<void> => {
      for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
        if (await removeOne(pipeline, call, options, entry)) deleted.push(entry);
      }
    };
    await Promise.all(Array.from({ length: Math.min(width, waiting.length) }, worker));
    token = parameters.limit > 0 ? "" : (page.continue ?? "");
  } while (token !== "");
  return deleted;
}

async function removeOne(pipeline: Pipeline, call: Call, options: DeleteParameters, { key }: Entry): Promise<boolean> {
  const path = key.slice(call.resource.prefix.length);
  const slash = call.resource.namespaced ? path.indexOf("/") : -1;
  const namespace = slash < 0 ? "" : path.slice(0, slash);
  try {
    await remove(pipeline, { ...call, namespace, name: path.slice(slash + 1) }, options);
    return true;
  } catch (error) {
    if (error instanceof StatusError && (error.reason === "NotFound" || error.reason === "Conflict")) return false;
    throw error;
  }
}
