/** What a create, an update or a patch does to the ownership of fields: whoever changes a field owns it alone. */
import { capManagers } from "./cap-managers.ts";
import { type Comparison, compare } from "./compare.ts";
import { unownedMeta } from "./created-fields.ts";
import {
  covers,
  difference,
  differenceBelow,
  type FieldSet,
  intersects,
  isEmptySet,
  setOfPaths,
  union,
} from "./field-set.ts";
import {
  entryOf,
  fieldsOf,
  inOrder,
  isSameManager,
  type ManagerEntry,
  type ManagerId,
  withFields,
} from "./manager-entry.ts";
import { fieldElement } from "./path-element.ts";
import type { TypePlan } from "./type-plan.ts";

/** The forms that the object's kind has: entries speak of the version they were written in. */
export interface Versions {
  /** undefined: there is no such version, and its managers are forgotten. */
  planOf(apiVersion: string): TypePlan | undefined;
  convert(object: object, apiVersion: string): object;
}

export interface Write {
  readonly versions: Versions;
  /** Of the request, in whose form the objects are. */
  readonly apiVersion: string;
  readonly manager: string;
  /** "" for the resource itself. */
  readonly subresource: string;
  /** RFC 3339, to the second. */
  readonly time: string;
  /** What this path of the API does not let anybody set: "status" of the resource itself. */
  readonly ignored?: FieldSet | undefined;
}

const metadata = fieldElement("metadata");
/** Nobody owns these. */
const unowned = setOfPaths(
  [fieldElement("apiVersion")],
  [fieldElement("kind")],
  [metadata],
  ...[...unownedMeta].map((name) => [metadata, fieldElement(name)]),
);

export function withoutUnowned(fields: FieldSet, ignored: FieldSet | undefined): FieldSet {
  return difference(ignored === undefined ? fields : differenceBelow(fields, ignored), unowned);
}

/** How the objects differ, seen in each version that is asked for. */
export class Comparisons {
  readonly #versions: Versions;
  readonly #live: object;
  readonly #object: object;
  readonly #ignored: FieldSet | undefined;
  readonly #known = new Map<string, Comparison | undefined>();

  constructor({ versions, apiVersion, ignored }: Write, live: object, object: object, plan: TypePlan) {
    this.#versions = versions;
    this.#live = live;
    this.#object = object;
    this.#ignored = ignored;
    this.#known.set(apiVersion, this.#without(compare(live, object, plan)));
  }

  in(apiVersion: string): Comparison | undefined {
    if (this.#known.has(apiVersion)) return this.#known.get(apiVersion);
    const plan = this.#versions.planOf(apiVersion);
    const comparison =
      plan === undefined
        ? undefined
        : this.#without(
            compare(
              this.#versions.convert(this.#live, apiVersion),
              this.#versions.convert(this.#object, apiVersion),
              plan,
            ),
          );
    this.#known.set(apiVersion, comparison);
    return comparison;
  }

  #without(comparison: Comparison): Comparison {
    const ignored = this.#ignored;
    if (ignored === undefined || comparison.isSame) return comparison;
    const [added, modified, removed] = [comparison.added, comparison.modified, comparison.removed].map((set) =>
      differenceBelow(set, ignored),
    ) as [FieldSet, FieldSet, FieldSet];
    return { added, modified, removed, taken: union(added, modified), isSame: comparison.isSame };
  }
}

/** `live` and `object` without managedFields. Gives `managed` itself when ownership stays as it is. */
export function trackUpdate(
  managed: readonly ManagerEntry[],
  live: object,
  object: object,
  plan: TypePlan,
  write: Write,
): readonly ManagerEntry[] {
  const comparisons = new Comparisons(write, live, object, plan);
  const changed = comparisons.in(write.apiVersion);
  if (changed === undefined || changed.isSame) return managed;
  const id: ManagerId = { ...write, operation: "Update" };
  const taken = withoutUnowned(changed.taken, write.ignored);
  let own: ManagerEntry | undefined;
  const entries: ManagerEntry[] = [];
  for (const entry of managed) {
    const isOwn = isSameManager(entry, id);
    const comparison = comparisons.in(entry.apiVersion);
    if (comparison === undefined) continue;
    const rest = isOwn ? entry : lose(entry, union(comparison.taken, comparison.removed));
    if (isOwn) own = entry;
    else if (rest) entries.push(rest);
  }
  const next = gain(own, id, taken, changed.removed, write.time);
  if (next) entries.push(next);
  return inOrder(capManagers(entries));
}

export function lose(entry: ManagerEntry, lost: FieldSet): ManagerEntry | undefined {
  if (!mayHave(entry, lost)) return entry;
  const fields = fieldsOf(entry);
  return intersects(fields, lost) ? withFields(entry, difference(fields, lost)) : entry;
}

/** Without reading the entry: whether it names any of the places at the top, "f:status" or "f:spec". */
function mayHave({ fields }: ManagerEntry, { children }: FieldSet): boolean {
  for (const element of children?.keys() ?? []) if (fields.includes(`${JSON.stringify(element)}:`)) return true;
  return false;
}

/** The time is that of the last gain. */
function gain(
  own: ManagerEntry | undefined,
  id: ManagerId,
  taken: FieldSet,
  removed: FieldSet,
  time: string,
): ManagerEntry | undefined {
  const gains = !isEmptySet(taken);
  if (own === undefined) return gains ? entryOf(id, time, taken) : undefined;
  const fields = fieldsOf(own);
  const at = gains ? time : own.time;
  if (covers(fields, taken) && !intersects(fields, removed)) return at === own.time ? own : { ...own, time: at };
  return withFields(own, union(difference(fields, removed), taken), at);
}
