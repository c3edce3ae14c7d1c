/** Brings the default roles and bindings into the store: what is missing is added, nothing that somebody added is taken away. */
import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import { StatusError } from "../../../machinery/status/error.ts";
import type { AggregationRule, PolicyRule, RoleRef, Subject } from "../../../machinery/types/rbac/v1.ts";
import { uncoveredRules } from "../../authz/rbac/rule-coverage.ts";
import type { UserInfo } from "../../client/types.ts";
import { create } from "../../pipeline/create.ts";
import { remove } from "../../pipeline/delete.ts";
import type { Call, Pipeline } from "../../pipeline/types.ts";
import { update } from "../../pipeline/update.ts";
import type { Resource } from "../../registry/resource.ts";
import { equalJson } from "../../serialize/json.ts";
import { type DefaultObject, defaultPolicy } from "./default-policy.ts";

const user: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
const write = { dryRun: false, fieldValidation: "Strict" } as const;
const autoupdate = "rbac.authorization.kubernetes.io/autoupdate";

/** All at once, so that the writes share their commits. */
export async function reconcileDefaultPolicy(pipeline: Pipeline): Promise<void> {
  await Promise.all(defaultPolicy().map((wanted) => reconcileOne(pipeline, wanted)));
}

async function reconcileOne(pipeline: Pipeline, { plural, namespace, name, object }: DefaultObject): Promise<void> {
  const resource = pipeline.registry.find("rbac.authorization.k8s.io/v1", plural);
  if (resource === undefined) throw new Error(`${plural} are not served`);
  const entry = await pipeline.store.get(resource.key(namespace, name));
  const wanted = object as UnstructuredObject;
  if (entry === undefined) {
    await createUnlessThere(pipeline, callOf(resource, namespace, ""), object);
    return;
  }
  const existing = resource.objectOf(entry.value);
  if (existing.metadata.annotations?.[autoupdate] === "false") return;
  if (plural.endsWith("bindings") && !sameRole(existing, wanted)) {
    // A binding's role is for good: another one is another binding.
    await remove(pipeline, callOf(resource, namespace, name), { dryRun: false });
    await createUnlessThere(pipeline, callOf(resource, namespace, ""), object);
    return;
  }
  const changed = reconciled(existing, wanted);
  if (changed !== undefined) await update(pipeline, callOf(resource, namespace, name), { object: changed }, write);
}

async function createUnlessThere(pipeline: Pipeline, call: Call, object: object): Promise<void> {
  try {
    await create(pipeline, call, { object }, write);
  } catch (error) {
    // A namespace that is going away takes its roles with it.
    if (!(error instanceof StatusError && (error.reason === "AlreadyExists" || error.code === 403))) throw error;
  }
}

function callOf(resource: Resource, namespace: string, name: string): Call {
  return { user, resource, namespace, name, subresource: "", warnings: [] };
}

function sameRole(existing: UnstructuredObject, wanted: UnstructuredObject): boolean {
  const a = existing.roleRef as RoleRef;
  const b = wanted.roleRef as RoleRef;
  return a.kind === b.kind && a.name === b.name;
}

/** The existing object with what is missing; undefined: nothing is. */
export function reconciled(existing: UnstructuredObject, wanted: UnstructuredObject): UnstructuredObject | undefined {
  const { labels, annotations } = existing.metadata;
  const changed: UnstructuredObject = {
    ...existing,
    metadata: {
      ...existing.metadata,
      labels: { ...wanted.metadata.labels, ...labels },
      annotations: { ...wanted.metadata.annotations, ...annotations },
    },
  };
  const wantedSubjects = (wanted.subjects ?? []) as Subject[];
  const subjects = (existing.subjects ?? []) as Subject[];
  const missing = wantedSubjects.filter((subject) => !subjects.some((other) => equalJson(other, subject)));
  if (missing.length > 0) changed.subjects = [...subjects, ...missing];
  if (wanted.aggregationRule !== undefined) addSelectors(changed, wanted.aggregationRule as AggregationRule);
  else if (wanted.rules !== undefined && !equalJson(existing.rules, wanted.rules)) {
    const rules = (existing.rules ?? []) as PolicyRule[];
    const uncovered = uncoveredRules(rules, wanted.rules as PolicyRule[]);
    if (uncovered.length > 0) changed.rules = [...rules, ...uncovered];
  }
  return equalJson(changed, existing) ? undefined : changed;
}

function addSelectors(object: UnstructuredObject, wanted: AggregationRule): void {
  const existing = (object.aggregationRule as AggregationRule | undefined)?.clusterRoleSelectors ?? [];
  const missing = (wanted.clusterRoleSelectors ?? []).filter(
    (selector) => !existing.some((other) => equalJson(other, selector)),
  );
  if (missing.length > 0) object.aggregationRule = { clusterRoleSelectors: [...existing, ...missing] };
}
