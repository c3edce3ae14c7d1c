/** `rollout undo`: makes an earlier revision's template the current one. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { ControllerRevision, Deployment } from "../../machinery/types/apps/v1.ts";
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { type Revision, revisionsOf, revisionToRestore, withoutHash } from "./history.ts";

export interface UndoOptions {
  readonly path: string;
  /** 0: the one before. */
  readonly toRevision: number;
  readonly dryRun: "none" | "client" | "server";
}

/** Resolves with what was done: "rolled back", or why nothing was to do. */
export async function undoRollout(cluster: Cluster, workload: KubeObject, options: UndoOptions): Promise<string> {
  const revision = revisionToRestore(workload, await revisionsOf(cluster, workload), options.toRevision);
  if (options.dryRun === "client") return templateText(revision);
  const query = { dryRun: options.dryRun === "server" ? "All" : undefined };
  if (workload.kind !== "Deployment") {
    const { data } = revision.keeper as ControllerRevision;
    await cluster.client.json({
      method: "PATCH",
      path: options.path,
      query,
      contentType: "application/strategic-merge-patch+json",
      body: JSON.stringify(data),
    });
    return "rolled back";
  }
  const { spec } = workload as Deployment;
  if (spec?.paused) {
    throw new ExitError(
      1,
      "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    );
  }
  const template = withoutHash(revision.template);
  if (same(template, spec?.template)) {
    return `skipped rollback (current template already matches revision ${revision.number})`;
  }
  await cluster.client.json({
    method: "PATCH",
    path: options.path,
    query,
    contentType: "application/json-patch+json",
    body: JSON.stringify([{ op: "replace", path: "/spec/template", value: template }]),
  });
  return "rolled back";
}

async function templateText(revision: Revision): Promise<string> {
  const { templateText: text } = await import("./template-text.ts");
  return text(revision.template);
}

/** Whatever the order of the keys. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    if (!same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false;
  }
  return true;
}
