import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastAppliedAnnotation, lastAppliedOf, withLastApplied } from "../../src/cli/apply/last-applied.ts";
import { createApplyPatch, threeWayMergePatch } from "../../src/cli/apply/patch.ts";
import { parseManifests } from "../../src/cli/manifests/read.ts";
import { applyMergePatch } from "../../src/machinery/patch/merge-patch.ts";

const deployment = (spec: object) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec,
});

describe("client-side apply", () => {
  it("remembers what was said, as kubectl writes it", () => {
    const applied = withLastApplied({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: "c" },
      data: { b: "2", a: "1" },
    });
    expect(applied.metadata.annotations?.[lastAppliedAnnotation]).toBe(
      '{"apiVersion":"v1","data":{"a":"1","b":"2"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"c"}}\n',
    );
    expect(withLastApplied(applied)).toEqual(applied);
    expect(lastAppliedOf(applied)).toMatchObject({ data: { a: "1", b: "2" } });
  });

  it("removes what is no longer said and leaves alone what others set", () => {
    const before = deployment({
      replicas: 2,
      template: {
        spec: {
          containers: [
            { name: "a", image: "a:1" },
            { name: "b", image: "b:1" },
          ],
        },
      },
    });
    const now = deployment({ template: { spec: { containers: [{ name: "a", image: "a:2" }] } } });
    const live = deployment({
      replicas: 5,
      paused: true,
      template: {
        spec: {
          containers: [
            { name: "a", image: "a:1", imagePullPolicy: "Always" },
            { name: "b", image: "b:1" },
            { name: "injected", image: "c:1" },
          ],
        },
      },
    });
    const { contentType, patch } = createApplyPatch(before, now, live);
    expect(contentType).toBe("application/strategic-merge-patch+json");
    expect(patch.spec).toMatchObject({
      replicas: null,
      template: {
        spec: {
          containers: expect.arrayContaining([
            { name: "a", image: "a:2" },
            { name: "b", $patch: "delete" },
          ]),
        },
      },
    });
    expect(patch.spec).not.toHaveProperty("paused");
  });

  it("makes JSON merge patches for kinds that are not built in", () => {
    const custom = (spec: object) => ({ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec });
    const { contentType, patch } = createApplyPatch(
      custom({ a: 1, b: 1 }),
      custom({ a: 2 }),
      custom({ a: 1, b: 1, c: 1 }),
    );
    expect(contentType).toBe("application/merge-patch+json");
    expect(patch).toEqual({ spec: { a: 2, b: null } });
  });

  it("says nothing where nothing changed", () => {
    const same = deployment({ replicas: 2 });
    expect(createApplyPatch(same, same, { ...same, spec: { replicas: 2, paused: true } }).patch).toEqual({});
  });

  it("three ways come to what was said plus what others have (property)", () => {
    const leaf = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 0, max: 2 }), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(leaf, leaf, leaf, (original, modified, others) => {
        const current = { ...others, ...original };
        const result = applyMergePatch(current, threeWayMergePatch(original, modified, current));
        const foreign = Object.fromEntries(Object.entries(current).filter(([key]) => !(key in original)));
        expect(result).toEqual({ ...foreign, ...modified });
      }),
    );
  });
});

describe("manifests", () => {
  it("come as several documents and as Lists", () => {
    const text =
      "apiVersion: v1\nkind: A\n---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: B}\n- {apiVersion: v1, kind: C}\n";
    expect(parseManifests(text, "f").map(({ object }) => object.kind)).toEqual(["A", "B", "C"]);
  });

  it("are read as YAML 1.1, as kubectl does", () => {
    const [manifest] = parseManifests("apiVersion: v1\nkind: A\ndata: {mode: 0644, on: yes}\n", "f");
    expect(manifest?.object.data).toEqual({ mode: 420, true: true });
  });

  it.each([
    ["kind: A\n", "apiVersion not set"],
    ["apiVersion: v1\n", "kind not set"],
    ["- a\n", "cannot unmarshal"],
    ["a: [\n", "error converting YAML to JSON"],
  ])("refuse %j", (text, message) => expect(() => parseManifests(text, "f")).toThrow(message));
});
