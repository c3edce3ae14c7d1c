import type { GroupKind } from "../../machinery/status/errors.ts";
import { invalid } from "../../machinery/status/errors.ts";
import { invalidValue } from "../../machinery/status/field-errors.ts";
import type { Revision } from "../../store/types.ts";

/** "" and "0" give 0. Throws 422 for what is not a revision. */
export function parseResourceVersion(kind: GroupKind, text: string): Revision {
  if (text === "") return 0;
  const revision = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(revision)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${/^\d+$/.test(text) ? "value out of range" : "invalid syntax"}`;
    throw invalid(kind, "", [invalidValue("resourceVersion", text, why)]);
  }
  return revision;
}
