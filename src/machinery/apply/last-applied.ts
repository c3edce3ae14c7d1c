/** kubectl's way from client-side apply, whose memory is an annotation, to server-side apply and back. */
import { getIn, isObject, setIn } from "../meta/immutable.ts";
import { compare } from "./compare.ts";
import { difference, hasPath, union } from "./field-set.ts";
import { setOf } from "./set-of.ts";
import type { TypePlan } from "./type-plan.ts";

/** The one manager for which the annotation counts: `kubectl apply --server-side` under its own name. */
export const lastAppliedManager = "kubectl";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";
const path = ["metadata", "annotations", annotation] as const;
const maxAnnotationBytes = 256 * 1024;

function lastAppliedOf(object: object): string | undefined {
  const text = getIn(object, path);
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** Says of a path whether client-side apply set it and it stands as it was set; undefined where nothing can be said. */
export function allowedByLastApplied(
  live: object,
  plan: TypePlan,
  apiVersion: string,
): ((path: readonly string[]) => boolean) | undefined {
  const text = lastAppliedOf(live);
  if (text === undefined) return undefined;
  let applied: unknown;
  try {
    applied = JSON.parse(text);
  } catch {
    // Not kubectl's: then it allows nothing.
    return undefined;
  }
  if (!isObject(applied) || applied.apiVersion !== apiVersion) return undefined;
  const { taken, removed } = compare(applied, live, plan);
  const set = difference(setOf(applied, plan), union(taken, removed));
  return (field) => hasPath(set, field);
}

/** Where the annotation is, it is kept true, so that client-side apply can go on from here. */
export function withLastApplied(object: object, config: object): object {
  if (lastAppliedOf(object) === undefined) return object;
  const text = `${JSON.stringify(setIn(config, path, undefined))}\n`;
  return setIn(object, path, Buffer.byteLength(text) > maxAnnotationBytes ? undefined : text);
}
