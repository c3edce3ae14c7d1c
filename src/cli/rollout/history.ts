/** The revisions of a workload: a Deployment's live in its ReplicaSets, those of the others in ControllerRevisions. */
import { controllerOf, type KubeObject } from "../../machinery/meta/object.ts";
import type { ControllerRevision, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import type { PodTemplateSpec } from "../../machinery/types/core/v1.ts";
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";

const revisionAnnotation = "deployment.kubernetes.io/revision";
const changeCauseAnnotation = "kubernetes.io/change-cause";
/** Put on the pods by the controller; no part of what the user wrote. */
const hashLabel = "pod-template-hash";

export interface Revision {
  readonly number: number;
  readonly changeCause: string | undefined;
  readonly template: PodTemplateSpec;
  /** The ReplicaSet or ControllerRevision that keeps it. */
  readonly keeper: KubeObject;
}

/** Ascending. */
export async function revisionsOf(cluster: Cluster, workload: KubeObject): Promise<Revision[]> {
  const revisions =
    workload.kind === "Deployment" ? await ofReplicaSets(cluster, workload) : await ofRevisions(cluster, workload);
  return revisions.sort((a, b) => a.number - b.number);
}

async function ofReplicaSets(cluster: Cluster, workload: KubeObject): Promise<Revision[]> {
  const revisions: Revision[] = [];
  for (const keeper of await owned<ReplicaSet>(cluster, workload, "replicasets")) {
    const annotations = keeper.metadata.annotations ?? {};
    const number = Number(annotations[revisionAnnotation]);
    const template = keeper.spec?.template;
    if (!number || !template) continue;
    revisions.push({
      number,
      changeCause: annotations[changeCauseAnnotation],
      template,
      keeper: { ...keeper, apiVersion: "apps/v1", kind: "ReplicaSet" },
    });
  }
  return revisions;
}

async function ofRevisions(cluster: Cluster, workload: KubeObject): Promise<Revision[]> {
  const revisions: Revision[] = [];
  for (const keeper of await owned<ControllerRevision>(cluster, workload, "controllerrevisions")) {
    const { spec } = (keeper.data ?? {}) as { spec?: { template?: PodTemplateSpec } };
    revisions.push({
      number: keeper.revision,
      changeCause: keeper.metadata.annotations?.[changeCauseAnnotation],
      template: spec?.template ?? ({} as PodTemplateSpec),
      keeper: { ...keeper, apiVersion: "apps/v1", kind: "ControllerRevision" },
    });
  }
  return revisions;
}

async function owned<T extends KubeObject>(cluster: Cluster, { metadata }: KubeObject, plural: string): Promise<T[]> {
  const { items } = await cluster.client.json<{ items: T[] }>({
    path: `/apis/apps/v1/namespaces/${metadata.namespace}/${plural}`,
  });
  return items.filter((item) => controllerOf(item)?.uid === metadata.uid);
}

/** The revision to go back to: the one named, or the one before the newest. Throws in kubectl's words. */
export function revisionToRestore(workload: KubeObject, revisions: readonly Revision[], wanted: number): Revision {
  const found = wanted > 0 ? revisions.find(({ number }) => number === wanted) : revisions.at(-2);
  if (found) return found;
  if (wanted > 0) throw new ExitError(1, `error: unable to find specified revision ${wanted} in history`);
  throw new ExitError(
    1,
    workload.kind === "Deployment"
      ? `error: no rollout history found for deployment "${workload.metadata.name}"`
      : "error: no last revision to roll back to",
  );
}

/** The template as the user wrote it. */
export function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const labels = { ...template.metadata?.labels };
  delete labels[hashLabel];
  return { ...template, metadata: { ...template.metadata, labels } };
}
