/** Objects as watchers and clients ask for them by `as=Table`. */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { badRequest } from "../../machinery/status/errors.ts";
import { type IncludeObject, tableOf } from "../../machinery/table/table.ts";
import type { Resource } from "../registry/resource.ts";

/** The query parameter of that name. Throws a 400. */
export function includeObjectOf(text: string): IncludeObject {
  if (text === "" || text === "Metadata") return "Metadata";
  if (text === "None" || text === "Object") return text;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(text)}`);
}

/** A bookmark has no row. The columns are in every event: watchers that share it joined at different times. */
export function tableEvent(
  { definition }: Resource,
  object: UnstructuredObject,
  include: IncludeObject,
  now: number,
): object {
  const isBookmark = object.metadata.name === undefined;
  const { resourceVersion = "", annotations } = object.metadata;
  const metadata = { resourceVersion, ...(isBookmark && annotations ? { annotations } : {}) };
  return tableOf(definition, isBookmark ? [] : [object], { include, now, metadata });
}
