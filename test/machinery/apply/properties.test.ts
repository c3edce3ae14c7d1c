import fc from "fast-check";
import { expect, test } from "vitest";
import { compare } from "../../../src/machinery/apply/compare.ts";
import { createdFieldsText } from "../../../src/machinery/apply/created-fields.ts";
import {
  covers,
  difference,
  equalSets,
  type FieldSet,
  intersection,
  pathsOf,
  setOfPaths,
  union,
} from "../../../src/machinery/apply/field-set.ts";
import { fieldsV1Text, setFromFieldsV1 } from "../../../src/machinery/apply/fields-v1.ts";
import { entriesFromText, entriesText } from "../../../src/machinery/apply/manager-entry.ts";
import { setOf } from "../../../src/machinery/apply/set-of.ts";
import { withoutUnowned } from "../../../src/machinery/apply/track-update.ts";
import { emptyValue } from "../../../src/machinery/apply/type-plan.ts";
import { applyDefaults } from "../../../src/machinery/schema/default.ts";
import { schemaOf } from "../../../src/machinery/schema/load.ts";
import { Cluster, planOf } from "./support.ts";

const element = fc.oneof(
  fc.constantFrom("f:a", "f:b", 'f:x"y', "f:", "i:0", 'v:"s"', "v:1"),
  fc.constantFrom('k:{"name":"a"}', 'k:{"name":"b"}', 'k:{"p":10,"q":"]}"}', 'k:{"p":9,"q":"},{"}'),
);
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
const sets = paths.map((all) => setOfPaths(...all));
const asTexts = (set: FieldSet): string[] => pathsOf(set).map((path) => JSON.stringify(path));

test("sets behave as sets of paths", () => {
  fc.assert(
    fc.property(sets, sets, (a, b) => {
      const [left, right] = [new Set(asTexts(a)), new Set(asTexts(b))];
      expect(new Set(asTexts(union(a, b)))).toEqual(new Set([...left, ...right]));
      expect(new Set(asTexts(intersection(a, b)))).toEqual(new Set([...left].filter((one) => right.has(one))));
      expect(new Set(asTexts(difference(a, b)))).toEqual(new Set([...left].filter((one) => !right.has(one))));
      expect(covers(a, b)).toBe([...right].every((one) => left.has(one)));
    }),
  );
});

test("FieldsV1 and lists of managers read back as they were", () => {
  fc.assert(
    fc.property(sets, fc.string(), fc.string(), (set, manager, subresource) => {
      const text = fieldsV1Text(set);
      expect(equalSets(setFromFieldsV1(JSON.parse(text)), set)).toBe(true);
      const entry = {
        manager,
        operation: "Update",
        apiVersion: "v1",
        subresource,
        time: "2026-01-01T00:00:00Z",
        fields: text,
      };
      const entries = [entry, { ...entry, operation: "Apply", time: "" }];
      expect(entriesFromText(entriesText(entries))).toEqual(entries);
      expect(JSON.parse(entriesText(entries))).toHaveLength(2);
    }),
  );
});

const name = fc.constantFrom("a", "b", "c");
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const container = fc.record({
  name,
  image: some(fc.constantFrom("i", "j")),
  ports: some(
    fc.uniqueArray(fc.record({ containerPort: fc.constantFrom(80, 443, 9), name: some(name) }), {
      selector: (port) => port.containerPort,
      maxLength: 3,
    }),
  ),
  env: some(fc.uniqueArray(fc.record({ name, value: some(name) }), { selector: (one) => one.name, maxLength: 3 })),
  resources: some(
    fc.record({ limits: some(fc.dictionary(fc.constantFrom("cpu", "memory"), fc.constantFrom("1", "2"))) }),
  ),
});
const pods = fc
  .record({
    metadata: fc.record({
      name: fc.constant("x"),
      labels: some(fc.dictionary(name, name)),
      finalizers: some(fc.uniqueArray(fc.constantFrom("x/a", "x/b", "x/c"), { maxLength: 3 })),
    }),
    spec: some(
      fc.record({
        containers: some(fc.uniqueArray(container, { selector: (one) => one.name, maxLength: 3 })),
        nodeSelector: some(fc.dictionary(name, name)),
        hostname: some(name),
        securityContext: some(fc.record({ runAsUser: some(fc.constantFrom(1, 2)) })),
        tolerations: some(fc.array(fc.record({ key: name }), { maxLength: 2 })),
      }),
    ),
  })
  .map((pod) => JSON.parse(JSON.stringify(pod)) as object);

/** Whether an empty container is there is nobody's to say once its last field has gone. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  const rest = Object.entries(value).flatMap(([key, inner]) => {
    const kept = withoutEmpty(inner);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
const fullPods = pods.map((pod) => withoutEmpty(pod) as object);

const schema = schemaOf("k8s.io/api/core/v1.Pod");
const plan = planOf("k8s.io/api/core/v1.Pod");
const text = (value: unknown): string => JSON.stringify(value);

test("what a create owns is what differs from nothing", () => {
  fc.assert(
    fc.property(pods, fc.boolean(), (pod, defaulted) => {
      const object = structuredClone(pod) as Record<string, unknown>;
      if (defaulted) applyDefaults(object, schema);
      const owned = withoutUnowned(compare(emptyValue(plan), object, plan).taken, undefined);
      expect(createdFieldsText(object, plan, false)).toBe(fieldsV1Text(owned));
    }),
    { numRuns: 300 },
  );
});

test("applying twice changes nothing, not even the times", () => {
  fc.assert(
    fc.property(pods, pods, (before, config) => {
      const cluster = new Cluster("k8s.io/api/core/v1.Pod", "v1");
      cluster.update("creator", before);
      cluster.apply("me", config, true);
      const { live, managed } = cluster;
      cluster.apply("me", config);
      expect(cluster.live).toEqual(live);
      expect(entriesText(cluster.managed)).toBe(entriesText(managed));
    }),
    { numRuns: 300 },
  );
});

test("an applier owns all that it names, and the object has it", () => {
  fc.assert(
    fc.property(fullPods, fullPods, fullPods, (before, first, second) => {
      const cluster = new Cluster("k8s.io/api/core/v1.Pod", "v1");
      cluster.update("creator", before);
      cluster.apply("me", first, true);
      cluster.apply("me", second, true);
      const named = withoutUnowned(setOf(second, plan), undefined);
      expect(covers(cluster.owner("me") ?? setOfPaths(), named)).toBe(true);
      expect(covers(setOf(cluster.live ?? {}, plan), named)).toBe(true);
      const changed = compare(second, cluster.live ?? {}, plan);
      expect(asTexts(intersection(changed.modified, named))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("every field of the object has an owner, and every owned field is there", () => {
  fc.assert(
    fc.property(fullPods, fullPods, fullPods, (a, b, c) => {
      const cluster = new Cluster("k8s.io/api/core/v1.Pod", "v1");
      cluster.apply("a", a, true);
      cluster.apply("b", b, true);
      cluster.update("c", c);
      cluster.apply("a", b, true);
      const owned = cluster.managed
        .map((entry) => setFromFieldsV1(JSON.parse(entry.fields)))
        .reduce(union, setOfPaths());
      const there = withoutUnowned(setOf(cluster.live ?? {}, plan), undefined);
      expect(asTexts(difference(there, owned))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("appliers of different fields do not mind each other's order", () => {
  const labels = fc.dictionary(fc.constantFrom("l1", "l2"), name);
  const data = fc.dictionary(fc.constantFrom("k1", "k2"), name);
  fc.assert(
    fc.property(labels, data, (l, d) => {
      const run = (order: readonly string[]) => {
        const cluster = new Cluster("k8s.io/api/core/v1.ConfigMap", "v1");
        const configs: Record<string, object> = { l: { metadata: { labels: l } }, d: { data: d } };
        for (const manager of order) cluster.apply(manager, configs[manager] ?? {});
        const owners = Object.entries(cluster.owners).sort(([x], [y]) => x.localeCompare(y));
        return { live: cluster.live, owners };
      };
      expect(run(["l", "d"])).toEqual(run(["d", "l"]));
      expect(text(run(["l", "d", "l"]).live)).toBe(text(run(["l", "d"]).live));
    }),
  );
});
