/** The revisions of a Deployment, which live in its ReplicaSets. */
import { controllerOf } from "../../machinery/meta/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types/apps/v1.ts";
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
}

/** Ascending. */
export async function revisionsOf(cluster: Cluster, deployment: Deployment): Promise<Revision[]> {
  const { items } = await cluster.client.json<{ items: ReplicaSet[] }>({
    path: `/apis/apps/v1/namespaces/${deployment.metadata.namespace}/replicasets`,
  });
  const revisions: Revision[] = [];
  for (const replicaSet of items) {
    if (controllerOf(replicaSet)?.uid !== deployment.metadata.uid) continue;
    const number = Number(replicaSet.metadata.annotations?.[revisionAnnotation]);
    const template = replicaSet.spec?.template;
    if (!number || !template) continue;
    revisions.push({
      number,
      changeCause: replicaSet.metadata.annotations?.[changeCauseAnnotation],
      template: withoutHash(template),
    });
  }
  return revisions.sort((a, b) => a.number - b.number);
}

/** The revision to go back to: the one named, or the one before the newest. Throws in kubectl's words. */
export function revisionToRestore(revisions: readonly Revision[], wanted: number): Revision {
  const found = wanted > 0 ? revisions.find(({ number }) => number === wanted) : revisions.at(-2);
  if (found) return found;
  throw new ExitError(
    1,
    wanted > 0
      ? `error: unable to find specified revision ${wanted} in history`
      : "error: no rollout history found for deployment",
  );
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const labels = { ...template.metadata?.labels };
  delete labels[hashLabel];
  return { ...template, metadata: { ...template.metadata, labels } };
}
