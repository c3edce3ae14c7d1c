/**
 * The conditions that `reported` brings, in the place of the old ones of those types; old ones of other types stay. Types
 * in `owned` that are not reported any more go. The order of the old list is kept, so that an unchanged status is equal.
 */
export function mergeConditions<T extends { readonly type: string }>(
  old: readonly T[] = [],
  reported: readonly T[] = [],
  owned: ReadonlySet<string>,
): T[] {
  const fresh = new Map(reported.map((condition) => [condition.type, condition]));
  const merged: T[] = [];
  for (const condition of old) {
    const replacement = fresh.get(condition.type);
    if (replacement) merged.push(replacement);
    else if (!owned.has(condition.type)) merged.push(condition);
    fresh.delete(condition.type);
  }
  return [...merged, ...fresh.values()];
}
