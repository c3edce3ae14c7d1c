import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepFreeze, type JsonObject } from "../../../src/machinery/meta/immutable.ts";
import { applyStrategicPatch } from "../../../src/machinery/patch/strategic.ts";
import { createThreeWayPatch, createTwoWayPatch } from "../../../src/machinery/patch/strategic-diff.ts";
import { schemaOf } from "../../../src/machinery/schema/load.ts";

const pod = schemaOf("k8s.io/api/core/v1.Pod");
const deployment = schemaOf("k8s.io/api/apps/v1.Deployment");
const apply = (original: JsonObject, patch: unknown, schema = pod) =>
  applyStrategicPatch(deepFreeze(original), deepFreeze(patch), schema);
const spec = (containers: unknown[], more: object = {}): JsonObject => ({ spec: { containers, ...more } });

describe("applyStrategicPatch", () => {
  it("merges lists by their key and leaves what it does not name where it was", () => {
    const original = spec([
      { name: "a", image: "1", env: [{ name: "X", value: "x" }] },
      { name: "b", image: "2" },
    ]);
    const patch = spec([
      { name: "c", image: "3" },
      { name: "a", image: "9", env: [{ name: "Y", value: "y" }] },
    ]);
    expect(apply(original, patch)).toEqual(
      spec([
        { name: "c", image: "3" },
        {
          name: "a",
          image: "9",
          env: [
            { name: "Y", value: "y" },
            { name: "X", value: "x" },
          ],
        },
        { name: "b", image: "2" },
      ]),
    );
  });
  it("replaces lists without a merge strategy and atomic fields", () => {
    expect(apply(spec([{ name: "a", args: ["1"] }]), spec([{ name: "a", args: ["2", "3"] }]))).toEqual(
      spec([{ name: "a", args: ["2", "3"] }]),
    );
    expect(apply({ spec: { tolerations: [{ key: "a" }] } }, { spec: { tolerations: [{ key: "b" }] } })).toEqual({
      spec: { tolerations: [{ key: "b" }] },
    });
  });
  it("merges objects and replaces lists where it has no schema", () => {
    const revision = schemaOf("k8s.io/api/apps/v1.ControllerRevision");
    const original = { data: { spec: { list: [{ a: 1 }], keep: 1 } } };
    expect(apply(original, { data: { spec: { list: [{ a: 2 }] } } }, revision)).toEqual({
      data: { spec: { list: [{ a: 2 }], keep: 1 } },
    });
  });
  it("deletes by null, by $patch: delete and from lists of primitives", () => {
    expect(apply({ metadata: { labels: { a: "1", b: "2" } } }, { metadata: { labels: { a: null } } })).toEqual({
      metadata: { labels: { b: "2" } },
    });
    const original = spec([{ name: "a" }, { name: "b" }]);
    expect(apply(original, spec([{ name: "a", $patch: "delete" }]))).toEqual(spec([{ name: "b" }]));
    expect(
      apply(
        { metadata: { finalizers: ["a", "b", "c"] } },
        { metadata: { "$deleteFromPrimitiveList/finalizers": ["b"] } },
      ),
    ).toEqual({ metadata: { finalizers: ["a", "c"] } });
    expect(apply({ metadata: { finalizers: ["a"] } }, { metadata: { finalizers: ["b", "a"] } })).toEqual({
      metadata: { finalizers: ["b", "a"] },
    });
  });
  it("replaces by $patch: replace", () => {
    expect(apply(spec([{ name: "a" }, { name: "b" }]), spec([{ $patch: "replace" }, { name: "c" }]))).toEqual(
      spec([{ name: "c" }]),
    );
    expect(
      apply({ metadata: { labels: { a: "1" } } }, { metadata: { labels: { $patch: "replace", b: "2" } } }),
    ).toEqual({ metadata: { labels: { b: "2" } } });
    expect(apply({ metadata: { labels: { a: "1" } } }, { metadata: { labels: { $patch: "delete" } } })).toEqual({
      metadata: { labels: {} },
    });
  });
  it("keeps only what $retainKeys names", () => {
    const original = { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } };
    expect(apply(original, patch, deployment)).toEqual({ spec: { strategy: { type: "Recreate" } } });
    const volumes = (volume: object): JsonObject => ({ spec: { volumes: [volume] } });
    expect(
      apply(
        volumes({ name: "v", emptyDir: {} }),
        volumes({ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/x" } }),
      ),
    ).toEqual(volumes({ name: "v", hostPath: { path: "/x" } }));
  });
  it("orders by $setElementOrder, the server's own items interleaved", () => {
    const original = spec([{ name: "a" }, { name: "srv" }, { name: "b" }, { name: "c" }]);
    const patch = {
      spec: {
        "$setElementOrder/containers": [{ name: "c" }, { name: "b" }, { name: "a" }],
        containers: [{ name: "b", image: "i" }],
      },
    };
    expect(apply(original, patch)).toEqual(
      spec([{ name: "srv" }, { name: "c" }, { name: "b", image: "i" }, { name: "a" }]),
    );
    expect(apply(original, { spec: { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] } })).toEqual(
      spec([{ name: "srv" }, { name: "b" }, { name: "a" }, { name: "c" }]),
    );
    expect(() =>
      apply(original, { spec: { "$setElementOrder/containers": [{ name: "a" }], containers: [{ name: "z" }] } }),
    ).toThrow("doesn't match");
  });
  it("takes directives out of what it takes as it is", () => {
    const patch = {
      spec: {
        "$setElementOrder/containers": [{ name: "a" }],
        containers: [
          { name: "a", env: null, $patch: "merge" },
          { name: "b", image: null },
        ],
      },
    };
    expect(apply({}, patch)).toEqual(spec([{ name: "b" }]));
  });
  it.each([
    [spec([{ image: "x" }]), "does not contain declared merge key: name"],
    [spec([{ name: "a", $patch: "odd" }]), "unknown patch type: odd"],
    [spec([{ $patch: "delete" }]), "delete patch type with no merge key defined"],
    [[], "error decoding patch: json: cannot unmarshal array"],
    [{ spec: { $patch: 1 } }, "unknown patch type: 1 in map"],
  ])("refuses %j", (patch, message) => {
    expect(() => apply(spec([{ name: "a" }]), patch)).toThrow(message);
  });
  it("leaves the original as it was and shares what it did not touch", () => {
    const original = deepFreeze({ metadata: { labels: { a: "1" } }, spec: { nodeName: "x" } });
    const result = apply(original, { spec: { nodeName: "y" } });
    expect(result.metadata).toBe(original.metadata);
  });
  it("is quick on long lists", () => {
    const env = (value: string): JsonObject[] => Array.from({ length: 20_000 }, (_, i) => ({ name: `n${i}`, value }));
    const started = performance.now();
    apply(spec([{ name: "a", env: env("1") }]), spec([{ name: "a", env: env("2") }]));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

const word = fc.constantFrom("a", "b", "c", "d", "e");
const labels = fc.dictionary(word, word, { maxKeys: 3 });
const list = (item: fc.Arbitrary<JsonObject>) => fc.uniqueArray(item, { selector: (i) => i.name, maxLength: 4 });
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(shape: T) =>
  fc.record(shape, { requiredKeys: ["name"] as never }) as fc.Arbitrary<JsonObject>;
const container = optional({
  name: word,
  image: word,
  args: fc.array(word, { maxLength: 3 }),
  env: list(optional({ name: word, value: word })),
  resources: fc.record({ limits: labels }, { requiredKeys: [] }),
});
const volume = fc.oneof(
  fc.record({ name: word, emptyDir: fc.constant({}) }),
  fc.record({ name: word, hostPath: fc.record({ path: word }) }),
) as fc.Arbitrary<JsonObject>;
const object = fc.record(
  {
    metadata: fc.record({ labels, finalizers: fc.uniqueArray(word, { maxLength: 4 }) }, { requiredKeys: [] }),
    spec: fc.record(
      { containers: list(container), volumes: list(volume), nodeSelector: labels, tolerations: fc.array(labels) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

describe("createTwoWayPatch", () => {
  it("makes a patch that leads from the one to the other", () => {
    fc.assert(
      fc.property(object, object, (from, to) => {
        const patch = createTwoWayPatch(deepFreeze(from), deepFreeze(to), pod);
        expect(apply(from, patch)).toEqual(to);
      }),
      { numRuns: 1000 },
    );
  });
  it("is empty when nothing changed", () => {
    fc.assert(
      fc.property(object, (same) => {
        expect(createTwoWayPatch(same, structuredClone(same), pod)).toEqual({});
      }),
    );
  });
});

describe("createThreeWayPatch", () => {
  it("leaves alone what others set and removes what was applied before", () => {
    const original = spec([{ name: "a", image: "1", env: [{ name: "OLD", value: "1" }] }, { name: "gone" }]);
    const modified = spec([{ name: "a", image: "2" }]);
    const current = {
      metadata: { labels: { other: "x" } },
      ...spec([{ name: "injected" }, { name: "a", image: "1", env: [{ name: "OLD", value: "1" }] }, { name: "gone" }], {
        nodeName: "n1",
      }),
    };
    const patch = createThreeWayPatch(original, modified, current, pod);
    expect(patch).toEqual({
      spec: {
        "$setElementOrder/containers": [{ name: "a" }],
        containers: [
          { name: "a", image: "2", env: null },
          { $patch: "delete", name: "gone" },
        ],
      },
    });
    expect(apply(current, patch)).toEqual({
      metadata: { labels: { other: "x" } },
      ...spec([{ name: "injected" }, { name: "a", image: "2" }], { nodeName: "n1" }),
    });
  });
  it("reaches the goal where nobody else wrote, and twice is as good as once", () => {
    fc.assert(
      fc.property(object, object, (original, modified) => {
        const once = apply(original, createThreeWayPatch(original, modified, original, pod));
        expect(once).toEqual(modified);
        expect(createThreeWayPatch(modified, modified, once, pod)).toEqual({});
      }),
      { numRuns: 500 },
    );
  });
  it("always sets what is applied, whatever others did meanwhile", () => {
    fc.assert(
      fc.property(object, object, object, (original, modified, current) => {
        const result = apply(current, createThreeWayPatch(original, modified, current, pod));
        // Applying the goal once more finds nothing to set.
        expect(createThreeWayPatch(modified, modified, result, pod)).toEqual({});
      }),
      { numRuns: 500 },
    );
  });
});
