/** What an applier leaves behind when it no longer names it. */
import { difference, emptySet, type FieldSet, intersection, union } from "./field-set.ts";
import { fieldsOf, type ManagerEntry } from "./manager-entry.ts";
import { removeFields, withNamedFields } from "./remove.ts";
import { setOf } from "./set-of.ts";
import type { Write } from "./track-update.ts";
import type { TypePlan } from "./type-plan.ts";

/**
 * `merged` without what the applier owned the last time and nobody owns now. `last`: its entry of the last apply; `managed`:
 * the entries of all managers, its own new one included.
 */
export function prune(merged: object, last: ManagerEntry, managed: readonly ManagerEntry[], write: Write): object {
  const { versions } = write;
  const plan = versions.planOf(last.apiVersion);
  if (plan === undefined) return merged;
  const convert = (object: object, from: string, to: string): object =>
    from === to ? object : versions.convert(object, to);
  const whole = convert(merged, write.apiVersion, last.apiVersion);
  const lastSet = withNamedFields(fieldsOf(last), plan);
  let pruned: object = removeFields(whole, lastSet, plan);
  let at = last.apiVersion;
  // Back comes what somebody owns …
  for (const [version, owned] of ownedByVersion(managed, last.apiVersion)) {
    const own = versions.planOf(version);
    if (own === undefined) continue;
    const all = convert(merged, write.apiVersion, version);
    const kept = union(namedSetOf(convert(pruned, at, version), own), withNamedFields(owned, own));
    pruned = removeFields(all, difference(namedSetOf(all, own), kept), own);
    at = version;
  }
  // … and what went with a list item or a map, but was not the applier's.
  const gone = difference(namedSetOf(whole, plan), namedSetOf(convert(pruned, at, last.apiVersion), plan));
  return convert(removeFields(whole, intersection(gone, lastSet), plan), last.apiVersion, write.apiVersion);
}

function namedSetOf(object: object, plan: TypePlan): FieldSet {
  return withNamedFields(setOf(object, plan), plan);
}

/** `first` at the front, owned or not. */
function ownedByVersion(managed: readonly ManagerEntry[], first: string): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>([[first, emptySet]]);
  for (const entry of managed) {
    owned.set(entry.apiVersion, union(owned.get(entry.apiVersion) ?? emptySet, fieldsOf(entry)));
  }
  return owned;
}
