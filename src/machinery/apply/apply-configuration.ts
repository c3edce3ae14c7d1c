/**
 * Server-side apply: a configuration says all that its manager wants of an object, and nothing else.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import { type Conflict, ConflictsError } from "./conflicts.ts";
import { intersection, isEmptySet, pathsOf, union } from "./field-set.ts";
import { allowedByLastApplied, lastAppliedManager, withLastApplied } from "./last-applied.ts";
import { entryOf, fieldsOf, inOrder, isSameManager, type ManagerEntry, type ManagerId } from "./manager-entry.ts";
import { mergeConfiguration } from "./merge.ts";
import { prune } from "./prune.ts";
import { setOf } from "./set-of.ts";
import { Comparisons, lose, trackUpdate, type Write, withoutUnowned } from "./track-update.ts";
import { emptyValue, type TypePlan } from "./type-plan.ts";

export interface ApplyInput {
  /** What stands there, without managedFields; undefined: nothing does. */
  readonly live: object | undefined;
  readonly managed: readonly ManagerEntry[];
  /** As the client sent it, neither defaulted nor with managedFields. */
  readonly config: object;
  readonly plan: TypePlan;
  readonly write: Write;
  readonly force: boolean;
}

export interface Applied {
  /** Neither decoded nor defaulted; shares with what it was made of. */
  readonly object: object;
  readonly managed: readonly ManagerEntry[];
}

/** Who owns what was there before anybody applied. */
const beforeFirstApply = "before-first-apply";

/** Throws ConflictsError. */
export function applyConfiguration(input: ApplyInput): Applied {
  const { managed, live, plan, write } = input;
  const known =
    managed.length === 0 && live !== undefined
      ? trackUpdate([], emptyValue(plan), live, plan, { ...write, manager: beforeFirstApply })
      : managed;
  const whole = { ...input, managed: known };
  if (write.manager !== lastAppliedManager) return applyOnce(whole);
  const applied = applyMigrating(whole);
  return { ...applied, object: withLastApplied(applied.object, input.config) };
}

/** kubectl takes over from its own client-side apply what that had set and nobody changed since. */
function applyMigrating(input: ApplyInput): Applied {
  try {
    return applyOnce(input);
  } catch (error) {
    if (!(error instanceof ConflictsError) || input.live === undefined) throw error;
    const allowed = allowedByLastApplied(input.live, input.plan, input.write.apiVersion);
    if (allowed === undefined) throw error;
    const rest = error.conflicts.filter(({ path }) => !allowed(path));
    if (rest.length > 0) throw new ConflictsError(rest);
    return applyOnce({ ...input, force: true });
  }
}

function applyOnce({ live, managed, config, plan, write, force }: ApplyInput): Applied {
  const from = live ?? emptyValue(plan);
  const id: ManagerId = { ...write, operation: "Apply" };
  const last = managed.find((entry) => isSameManager(entry, id));
  const others = managed.filter((entry) => entry !== last);
  const set = setOf(config, plan);
  const own = withoutUnowned(set, write.ignored);
  const merged = mergeConfiguration(from, config, plan);
  const entry = entryOf(id, write.time, own);
  const object = last === undefined ? merged : prune(merged, last, [...others, entryOf(id, "", set)], write);
  const comparisons = new Comparisons(write, from, object, plan);
  const next = resolve(others, comparisons, force);
  const isSame = comparisons.in(write.apiVersion)?.isSame === true;
  if (!isEmptySet(own)) {
    const unchanged = isSame && last !== undefined && last.fields === entry.fields && last.apiVersion === id.apiVersion;
    next.push(unchanged ? last : entry);
  }
  return { object, managed: inOrder(next) };
}

/** The other managers without what they lose. Throws ConflictsError unless forced. */
function resolve(others: readonly ManagerEntry[], comparisons: Comparisons, force: boolean): ManagerEntry[] {
  const conflicts: Conflict[] = [];
  const rest: ManagerEntry[] = [];
  for (const manager of others) {
    const changed = comparisons.in(manager.apiVersion);
    if (changed === undefined) continue;
    if (!force) {
      const lost = intersection(fieldsOf(manager), changed.taken);
      for (const path of pathsOf(lost)) conflicts.push({ manager, path });
    }
    const kept = lose(manager, union(changed.taken, changed.removed));
    if (kept) rest.push(kept);
  }
  if (conflicts.length > 0) throw new ConflictsError(conflicts);
  return rest;
}
