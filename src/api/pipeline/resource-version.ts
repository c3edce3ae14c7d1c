import type { FieldError } from "../../machinery/kinds/types.ts";
import type { GroupKind } from "../../machinery/status/errors.ts";
import { badRequest, invalid } from "../../machinery/status/errors.ts";
import { invalidValue } from "../../machinery/status/field-errors.ts";
import type { Revision } from "../../store/types.ts";

/** "" and "0" give 0. Throws 422 for what is not a revision. */
export function parseResourceVersion(kind: GroupKind, text: string): Revision {
  const revision = revisionOf(text);
  if (revision === undefined) throw invalid(kind, "", [invalidRevision(text)]);
  return revision;
}

/** Of a list: what is not a revision is a 400. */
export function listRevision(text: string): Revision {
  const revision = revisionOf(text);
  if (revision === undefined) {
    const { field, message } = invalidRevision(text);
    throw badRequest(`invalid resource version: ${field}: ${message}`);
  }
  return revision;
}

function revisionOf(text: string): Revision | undefined {
  if (text === "") return 0;
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function invalidRevision(text: string): FieldError {
  const why = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
  return invalidValue("resourceVersion", text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
}
