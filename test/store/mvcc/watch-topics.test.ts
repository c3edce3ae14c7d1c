import fc from "fast-check";
import { expect, test } from "vitest";
import { WatchTopics } from "../../../src/store/mvcc/watch-topics.ts";

test("finds exactly the watched prefixes of a key, the longest first", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "\u{10000}"), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ prefix: text, remove: fc.boolean() }), { maxLength: 40 }),
      fc.array(text),
      (changes, keys) => {
        const topics = new WatchTopics<string>();
        const plain = new Set<string>();
        for (const { prefix, remove } of changes) {
          if (remove) topics.remove(prefix, `on ${prefix}`);
          else topics.add(prefix, `on ${prefix}`);
          if (remove) plain.delete(prefix);
          else plain.add(prefix);
        }
        for (const key of keys) {
          const found: string[] = [];
          for (let topic = topics.deepest(key); topic; topic = topic.parent) {
            found.push(topic.prefix);
            expect([...topic.members]).toEqual([`on ${topic.prefix}`]);
          }
          const wanted = [...plain].filter((prefix) => key.startsWith(prefix)).sort((a, b) => b.length - a.length);
          expect(found).toEqual(wanted);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a prefix stays watched until its last member leaves", () => {
  const topics = new WatchTopics<number>();
  topics.add("/a", 1);
  topics.add("/a", 2);
  topics.remove("/a", 1);
  topics.remove("/b", 1);
  expect([...(topics.deepest("/a/1")?.members ?? [])]).toEqual([2]);
  topics.remove("/a", 2);
  expect(topics.deepest("/a/1")).toBeUndefined();
});
