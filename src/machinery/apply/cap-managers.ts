/** Keeps the list of those who update short: the oldest are thrown together, by version, as "ancient-changes". */
import { union } from "./field-set.ts";
import { entryOf, fieldsOf, isSameManager, type ManagerEntry, secondsOf } from "./manager-entry.ts";
import { compareText } from "./path-element.ts";

const maxUpdateManagers = 10;
const ancient = "ancient-changes";

export function capManagers(entries: readonly ManagerEntry[]): readonly ManagerEntry[] {
  if (entries.length <= maxUpdateManagers) return entries;
  const updaters = entries
    .filter(({ operation }) => operation !== "Apply")
    .sort((a, b) => secondsOf(a) - secondsOf(b) || compareText(a.manager, b.manager));
  let kept = [...entries];
  let count = updaters.length;
  const first = new Map<string, ManagerEntry>();
  for (const updater of updaters) {
    if (count <= maxUpdateManagers) break;
    const { apiVersion } = updater;
    const earlier = first.get(apiVersion);
    if (earlier === undefined) {
      first.set(apiVersion, updater);
      continue;
    }
    const id = { manager: ancient, operation: "Update", apiVersion, subresource: "" };
    const bucket = kept.find((entry) => isSameManager(entry, id)) ?? earlier;
    const merged = entryOf(id, updater.time, union(fieldsOf(bucket), fieldsOf(updater)));
    kept = kept.filter((entry) => entry !== bucket && entry !== updater);
    kept.push(merged);
    first.set(apiVersion, merged);
    count--;
  }
  return kept;
}
