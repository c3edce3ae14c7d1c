import type { Strategy } from "../../machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { DeleteParameters } from "./types.ts";

const orphan = "orphan";
const foreground = "foregroundDeletion";

/**
 * What happens to dependents is told to the garbage collector by a finalizer: `orphan`, `foregroundDeletion`, or none for
 * the background. What the delete says wins over what an earlier one left, and that over the kind's default.
 */
export function finalizersAfterDelete(
  { metadata }: UnstructuredObject,
  { propagationPolicy }: DeleteParameters,
  byDefault: Strategy["defaultPropagation"] = "background",
): string[] {
  const present = metadata.finalizers ?? [];
  const others = present.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  const wanted =
    propagationPolicy?.toLowerCase() ??
    (present.includes(orphan) ? "orphan" : present.includes(foreground) ? "foreground" : byDefault);
  if (wanted === "orphan") return [...others, orphan];
  if (wanted === "foreground") return [...others, foreground];
  return others;
}
