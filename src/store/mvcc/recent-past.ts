import type { Entry, Revision, StoreEvent } from "../types.ts";
import { sortable } from "./collation.ts";
import type { KeyIndex } from "./key-index.ts";
import type { Row } from "./row.ts";

export interface RecentPast {
  readonly entries: Entry[];
  readonly more: boolean;
}

/**
 * A list as it was a short while ago: the newest state with what `since` changed put back. That is how the pages of a long
 * list stay consistent without asking the disk while the list is being read.
 */
export function listRecentPast(
  index: KeyIndex<Row>,
  since: readonly StoreEvent[],
  { prefix, after, limit }: { prefix: string; after: string | undefined; limit: number },
): RecentPast {
  const before = new Map<string, Entry | undefined>();
  for (const event of since) if (!before.has(event.key)) before.set(event.key, entryBefore(event));
  // At most as many rows as changed fall out again, so what is left is enough, with one more that tells of a next page.
  const { rows } = index.range(prefix, after, limit > 0 ? limit + before.size + 1 : 0);
  const kept: Entry[] = rows.filter(({ key }) => !before.has(key));
  const low = after === undefined ? undefined : sortable(after);
  const back = [...before.values()].filter(
    (entry) => entry !== undefined && !(low !== undefined && sortable(entry.key) <= low),
  );
  const entries = back.length > 0 ? [...kept, ...(back as Entry[])].sort(byKey) : kept;
  return limit > 0 && entries.length > limit
    ? { entries: entries.slice(0, limit), more: true }
    : { entries, more: false };
}

function entryBefore({ key, createRevision, previous }: StoreEvent): Entry | undefined {
  return previous && { key, createRevision, value: previous.value, modRevision: previous.modRevision };
}

function byKey(a: Entry, b: Entry): number {
  return sortable(a.key) < sortable(b.key) ? -1 : 1;
}

/** Whether so many changes are still cheaper to put back than the log is to ask. */
export function isRecent(revision: Revision, newest: Revision, floor: Revision): boolean {
  return revision >= floor && newest - revision <= 5000;
}
