import fc from "fast-check";
import { expect, test } from "vitest";
import { sortable } from "../../../src/store/mvcc/collation.ts";
import { KeyIndex } from "../../../src/store/mvcc/key-index.ts";

interface Row {
  readonly key: string;
  readonly sort: string;
  readonly n: number;
}

const row = (key: string, n = 0): Row => ({ key, sort: sortable(key), n });
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

test("sortable() orders as the UTF-8 bytes do and keeps prefixes", () => {
  const key = fc.string({
    unit: fc.constantFrom("a", "/", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"),
  });
  fc.assert(
    fc.property(key, key, (a, b) => {
      const order = sortable(a) < sortable(b) ? -1 : sortable(a) > sortable(b) ? 1 : 0;
      expect(order).toBe(Math.sign(byBytes(a, b)));
      expect(sortable(a + b).startsWith(sortable(a))).toBe(true);
    }),
  );
});

test("ranges, counts and single keys are those of a sorted list", () => {
  const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "\uffff", "\u{10000}"), maxLength: 5 });
  const change = fc.record({ key, remove: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 80 }),
      key,
      fc.option(key),
      fc.nat(6),
      (changes, prefix, after, limit) => {
        const index = new KeyIndex<Row>();
        const plain = new Map<string, Row>();
        for (const [n, { key, remove }] of changes.entries()) {
          const old = remove ? index.delete(key) : index.set(row(key, n));
          expect(old).toBe(plain.get(key));
          if (remove) plain.delete(key);
          else plain.set(key, index.get(key) as Row);
        }
        const under = [...plain.values()]
          .filter((each) => each.key.startsWith(prefix))
          .sort((a, b) => byBytes(a.key, b.key));
        const wanted = after === null ? under : under.filter((each) => byBytes(each.key, after) > 0);
        const range = index.range(prefix, after ?? undefined, limit);
        expect(range.rows).toEqual(limit === 0 ? wanted : wanted.slice(0, limit));
        expect(range.remaining).toBe(wanted.length - range.rows.length);
        expect(index.count(prefix)).toBe(under.length);
        expect(index.size).toBe(plain.size);
      },
    ),
    { numRuns: 300 },
  );
});

test("many keys, in any order, with blocks that split and vanish", () => {
  for (const order of ["ascending", "descending", "scattered"]) {
    const index = new KeyIndex<Row>();
    const keys = Array.from({ length: 5000 }, (_, i) => `/${String((i * 2654435761) % 2 ** 32).padStart(10, "0")}`);
    if (order !== "scattered") keys.sort();
    if (order === "descending") keys.reverse();
    for (const key of keys) index.set(row(key));
    const sorted = keys.toSorted();
    expect(index.range("", undefined, 0).rows.map(({ key }) => key)).toEqual(sorted);
    expect(index.range("/1", undefined, 7).remaining).toBe(sorted.filter((key) => key.startsWith("/1")).length - 7);
    const paged: string[] = [];
    for (let after: string | undefined; ; after = paged.at(-1)) {
      const { rows, remaining } = index.range("/", after, 700);
      paged.push(...rows.map(({ key }) => key));
      if (remaining === 0) break;
    }
    expect(paged).toEqual(sorted);
    for (const key of sorted.slice(100, 4900)) index.delete(key);
    expect(index.range("", undefined, 0).rows.map(({ key }) => key)).toEqual([
      ...sorted.slice(0, 100),
      ...sorted.slice(4900),
    ]);
    expect(index.count("")).toBe(200);
  }
});
