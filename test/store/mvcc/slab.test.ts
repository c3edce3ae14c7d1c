import { expect, test } from "vitest";
import type { Row } from "../../../src/store/mvcc/row.ts";
import { Slabs } from "../../../src/store/mvcc/slab.ts";

/** What a store does with its slabs, without the store. */
class Holder {
  readonly rows = new Map<string, Row>();
  readonly slabs = new Slabs((row) => this.rows.get(row.key) === row);
  #revision = 0;

  put(key: string, text: string): Row {
    const modRevision = ++this.#revision;
    const { value, slab } = this.slabs.stamp({ bytes: Buffer.from(text), slot: 0 }, modRevision);
    const row: Row = { key, sort: key, value, createRevision: 1, modRevision, slot: 0, deleted: false, slab };
    const old = this.rows.get(key);
    this.rows.set(key, row);
    this.slabs.keep(row);
    if (old) this.slabs.drop(old);
    return row;
  }

  /** Bytes of all memory that the living values hold on to. */
  get held(): number {
    const memory = new Set([...this.rows.values()].map(({ value }) => value.buffer));
    return [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}

test("a few lasting values among many that change do not hold on to the memory of those", () => {
  const holder = new Holder();
  const text = "x".repeat(1000);
  const expected = new Map<string, string>();
  for (let i = 0; i < 20_000; i++) {
    const lasting = i % 100 === 0;
    const key = lasting ? `lasting/${i}` : `busy/${i % 10}`;
    const { modRevision } = holder.put(key, text);
    expected.set(key, `${modRevision}${text}`);
  }
  // 210 values of 1 KB live; 20 MB went through.
  expect(holder.rows.size).toBe(210);
  expect(holder.held).toBeLessThan(1024 * 1024);
  for (const [key, value] of expected) expect(holder.rows.get(key)?.value.toString()).toBe(value);
});

test("big values have their own memory, and a stamp may be put anew", () => {
  const holder = new Holder();
  const big = holder.put("big", "y".repeat(100_000));
  expect(big.slab).toBeUndefined();
  expect(big.value.buffer.byteLength).toBe(100_001);
  const small = holder.put("small", "abc");
  expect(holder.slabs.restamp(small, 12345).value.toString()).toBe("12345abc");
});
