/** Fields that an apply would change and that others own. */
import { failure, type StatusError } from "../status/error.ts";
import { goQuote } from "../status/go-format.ts";
import type { ManagerId } from "./manager-entry.ts";
import { compareText, pathText } from "./path-element.ts";

export interface Conflict {
  readonly manager: ManagerId;
  readonly path: readonly string[];
}

export class ConflictsError extends Error {
  override name = "ConflictsError";
  readonly conflicts: readonly Conflict[];
  constructor(conflicts: readonly Conflict[]) {
    super(conflictsMessage(conflicts));
    this.conflicts = conflicts;
  }
}

/** `"kubectl-client-side-apply" using apps/v1`; `"kubelet" with subresource "status" using v1`; an applier by its name. */
function managerText({ manager, operation, apiVersion, subresource }: ManagerId): string {
  let text = goQuote(manager);
  if (subresource !== "") text += ` with subresource ${goQuote(subresource)}`;
  return operation === "Update" ? `${text} using ${apiVersion}` : text;
}

/** `Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas` */
export function conflictsMessage(conflicts: readonly Conflict[]): string {
  const [only] = conflicts;
  if (conflicts.length === 1 && only) {
    return `Apply failed with 1 conflict: conflict with ${managerText(only.manager)}: ${pathText(only.path)}`;
  }
  const byManager = new Map<string, string[]>();
  for (const { manager, path } of conflicts) {
    const text = managerText(manager);
    byManager.set(text, [...(byManager.get(text) ?? []), `- ${pathText(path)}`]);
  }
  const lines = [...byManager]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([manager, paths]) => [`conflicts with ${manager}:`, ...paths]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

/** 409 with a FieldManagerConflict for each field. */
export function applyConflict({ conflicts, message }: ConflictsError): StatusError {
  return failure(409, "Conflict", message, {
    causes: conflicts.map(({ manager, path }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${managerText(manager)}`,
      field: pathText(path),
    })),
  });
}
