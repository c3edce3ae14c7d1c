/** Our strategic merge beside the real one: `kubectl patch --local` applies a patch without a server. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, type JsonObject } from "../../../src/machinery/meta/immutable.ts";
import { applyStrategicPatch } from "../../../src/machinery/patch/strategic.ts";
import { schemaOf } from "../../../src/machinery/schema/load.ts";
import { kubectls } from "../../clients/kubectl.ts";

const word = fc.constantFrom("a", "b", "c", "d");
const named = (item: fc.Arbitrary<JsonObject>, maxLength: number) =>
  fc.uniqueArray(item, { selector: ({ name }) => name, minLength: 1, maxLength });
const record = <T extends Record<string, fc.Arbitrary<unknown>>>(shape: T, ...required: string[]) =>
  fc.record(shape, { requiredKeys: required as never }) as fc.Arbitrary<JsonObject>;
const env = record({ name: word, value: word }, "name", "value");
const gone = record({ name: word, $patch: fc.constant("delete") }, "name", "$patch");
const words = fc.uniqueArray(word, { minLength: 1, maxLength: 3 });
const container = record({ name: word, image: word, args: words, env: named(env, 3) }, "name");
const volume = fc.oneof(
  record({ name: word, emptyDir: fc.constant({}) }, "name", "emptyDir"),
  record({ name: word, hostPath: record({ path: word }, "path") }, "name", "hostPath"),
);
const pods = record(
  {
    metadata: record({ name: fc.constant("x"), labels: fc.dictionary(word, word), finalizers: words }, "name"),
    spec: record({ containers: named(container, 4), volumes: named(volume, 3) }, "containers"),
  },
  "metadata",
  "spec",
);
const order = fc.shuffledSubarray(["a", "b", "c", "d"], { minLength: 1 });
const patches = record({
  metadata: record({
    labels: fc.oneof(fc.constant(null), fc.dictionary(word, fc.oneof(word, fc.constant(null)))),
    finalizers: words,
    "$deleteFromPrimitiveList/finalizers": fc.uniqueArray(fc.constantFrom("e", "f"), { minLength: 1 }),
  }),
  spec: record({
    containers: named(fc.oneof(container, gone, record({ name: word, env: named(fc.oneof(env, gone), 3) }, "name")), 3),
    "$setElementOrder/containers": order.map((names) => names.map((name) => ({ name }))),
    volumes: named(
      volume.map((item) => ({ ...item, $retainKeys: Object.keys(item) })),
      2,
    ),
  }),
});

/** kubectl writes resources that nobody set, and leaves directives in items that are new; we do neither. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !(isObject(item) && item.$patch === "delete")).map(comparable);
  }
  if (!isObject(value)) return value;
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, comparable(inner)] as const)
    .filter(
      ([key, inner]) =>
        key !== "$retainKeys" && inner !== null && JSON.stringify(inner) !== "{}" && JSON.stringify(inner) !== "[]",
    );
  return Object.fromEntries(kept);
}

describe("applyStrategicPatch beside kubectl patch --local", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kl-patch-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("gives what kubectl gives, or refuses what it refuses", async () => {
    const kubectl = (await kubectls()).at(-1) ?? "kubectl";
    const run = promisify(execFile);
    const schema = schemaOf("k8s.io/api/core/v1.Pod");
    let number = 0;
    await fc.assert(
      fc.asyncProperty(pods, patches, async (pod, patch) => {
        const original = { apiVersion: "v1", kind: "Pod", ...pod };
        const file = join(folder, `${number++}.json`);
        await writeFile(file, JSON.stringify(original));
        const args = ["patch", "--local", "-f", file, "--type=strategic", "-p", JSON.stringify(patch), "-o", "json"];
        const real = await run(kubectl, args).then(
          ({ stdout }) => comparable(JSON.parse(stdout)),
          () => "refused",
        );
        let ours: unknown = "refused";
        try {
          ours = comparable(applyStrategicPatch(original, patch, schema));
        } catch (error) {
          expect(real, String(error)).toBe("refused");
        }
        expect(ours).toEqual(real);
      }),
      { numRuns: Number(process.env.KL_PATCH_RUNS ?? 15), interruptAfterTimeLimit: 20_000 },
    );
  });
});
