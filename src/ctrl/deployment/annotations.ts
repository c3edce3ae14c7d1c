/** What a Deployment writes on its ReplicaSets, and what it copies there. */
import type { ReplicaSet } from "../../machinery/types/apps/v1.ts";

type Annotations = Readonly<Record<string, string>>;

export const revisionAnnotation = "deployment.kubernetes.io/revision";
const historyAnnotation = "deployment.kubernetes.io/revision-history";
const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
const maxAnnotation = "deployment.kubernetes.io/max-replicas";
/** Characters; older revisions fall out. */
const historyLimit = 2000;

const notCopied: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  "deprecated.deployment.rollback.to",
]);

/** 0 where there is none. */
export function revisionOf(replicaSet: ReplicaSet): number {
  return integer(replicaSet.metadata.annotations?.[revisionAnnotation]) ?? 0;
}

/** The Deployment's replicas when the ReplicaSet was last scaled. */
export function desiredReplicasOf(replicaSet: ReplicaSet): number | undefined {
  return integer(replicaSet.metadata.annotations?.[desiredAnnotation]);
}

/** desiredReplicasOf() and the surge of then. */
export function maxReplicasOf(replicaSet: ReplicaSet): number | undefined {
  return integer(replicaSet.metadata.annotations?.[maxAnnotation]);
}

export function withReplicas(annotations: Annotations | undefined, desired: number, max: number): Annotations {
  return { ...annotations, [desiredAnnotation]: String(desired), [maxAnnotation]: String(max) };
}

/**
 * The annotations of the newest ReplicaSet: those of the Deployment on top of its own, and `revision` where that is
 * higher than the one it has, which then goes into its history (so that `rollout history` knows a revision that was
 * rolled back to under both numbers).
 */
export function withRevision(
  own: Annotations | undefined,
  deployment: Annotations | undefined,
  revision: number,
): Annotations {
  const annotations: Record<string, string> = { ...own };
  for (const [key, value] of Object.entries(deployment ?? {})) if (!notCopied.has(key)) annotations[key] = value;
  const before = own?.[revisionAnnotation];
  if (revision <= (integer(before) ?? 0)) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before !== undefined) {
    const history = [...(own?.[historyAnnotation]?.split(",") ?? []), before];
    while (history.length > 1 && history.join(",").length > historyLimit) history.shift();
    annotations[historyAnnotation] = history.join(",");
  }
  return annotations;
}

export function sameAnnotations(a: Annotations | undefined, b: Annotations): boolean {
  const keys = Object.keys(b);
  return Object.keys(a ?? {}).length === keys.length && keys.every((key) => a?.[key] === b[key]);
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}
