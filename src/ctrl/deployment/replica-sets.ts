/** A Deployment's ReplicaSets: which is the newest, in which order the others stand, how many pods they have. */
import { canonical } from "../../machinery/kinds/apps/pod-template-hash.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import type { PodTemplateSpec } from "../../machinery/types/core/v1.ts";
import { revisionOf } from "./annotations.ts";
import { replicasOf } from "./limits.ts";

export const hashLabel = "pod-template-hash";

/** The ReplicaSet that has the Deployment's template; of several the oldest, so that a clean-up cannot make it another. */
export function newReplicaSetOf(deployment: Deployment, all: readonly ReplicaSet[]): ReplicaSet | undefined {
  const template = templateText(deployment.spec?.template);
  return oldestFirst(all).find((replicaSet) => templateText(replicaSet.spec?.template) === template);
}

/** Objects are immutable: one template is turned into text once. */
const texts = new WeakMap<PodTemplateSpec, string>();

/** Equal for templates that differ at most in the hash label. */
export function templateText(template: PodTemplateSpec | undefined): string {
  if (!template) return "";
  let text = texts.get(template);
  if (text === undefined) {
    const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
    text = canonical({ ...template, metadata: { ...template.metadata, labels } });
    texts.set(template, text);
  }
  return text;
}

export function oldestFirst(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return [...replicaSets].sort(byAge);
}

export function lowestRevisionFirst(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return [...replicaSets].sort((a, b) => revisionOf(a) - revisionOf(b) || byAge(a, b));
}

export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [created, other] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (created !== other) return created < other ? -1 : 1;
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}

/** Those that want pods. */
export function active(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return replicaSets.filter((replicaSet) => replicasOf(replicaSet) > 0);
}

export function wantedPods(replicaSets: readonly ReplicaSet[]): number {
  return sum(replicaSets, replicasOf);
}

export function existingPods(replicaSets: readonly ReplicaSet[]): number {
  return sum(replicaSets, ({ status }) => status?.replicas ?? 0);
}

export function readyPods(replicaSets: readonly ReplicaSet[]): number {
  return sum(replicaSets, ({ status }) => status?.readyReplicas ?? 0);
}

export function availablePods(replicaSets: readonly ReplicaSet[]): number {
  return sum(replicaSets, ({ status }) => status?.availableReplicas ?? 0);
}

/** Undefined until every one of them has counted. */
export function terminatingPods(replicaSets: readonly ReplicaSet[]): number | undefined {
  if (replicaSets.some(({ status }) => status?.terminatingReplicas === undefined)) return undefined;
  return sum(replicaSets, ({ status }) => status?.terminatingReplicas ?? 0);
}

function sum(replicaSets: readonly ReplicaSet[], number: (replicaSet: ReplicaSet) => number): number {
  let total = 0;
  for (const replicaSet of replicaSets) total += number(replicaSet);
  return total;
}
