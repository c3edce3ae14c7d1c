/** https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
import { describe, expect, test } from "vitest";
import { createdFieldsText } from "../../../src/machinery/apply/created-fields.ts";
import { configurationErrors } from "../../../src/machinery/apply/validate-configuration.ts";
import { getIn } from "../../../src/machinery/meta/immutable.ts";
import type { Schema } from "../../../src/machinery/schema/types.ts";
import { Cluster, planOf } from "./support.ts";

const deployment = "k8s.io/api/apps/v1.Deployment";
const configMap = "k8s.io/api/core/v1.ConfigMap";
const pod = "k8s.io/api/core/v1.Pod";
const service = "k8s.io/api/core/v1.Service";

describe("ownership", () => {
  test("an applier owns what it named, a writer what it changed", () => {
    const cm = new Cluster(configMap, "v1");
    cm.apply("a", { metadata: { name: "x", labels: { l: "1" } }, data: { key: "value" } });
    expect(cm.owners).toEqual({
      "a Apply": { "f:data": { "f:key": {} }, "f:metadata": { "f:labels": { "f:l": {} } } },
    });
    cm.update("b", { metadata: { name: "x", labels: { l: "1" } }, data: { key: "other", more: "m" } });
    expect(cm.owners).toEqual({
      "a Apply": { "f:metadata": { "f:labels": { "f:l": {} } } },
      "b Update": { "f:data": { "f:key": {}, "f:more": {} } },
    });
  });

  test("a create owns the containers it brought, but not those of every object", () => {
    const d = new Cluster(deployment, "apps/v1");
    const template = { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    d.update("kubectl-create", {
      metadata: { name: "x", labels: { app: "x" } },
      spec: { replicas: 1, selector: { matchLabels: { app: "x" } }, strategy: {}, template },
      status: {},
    });
    expect(d.owners["kubectl-create Update"]).toEqual({
      "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
      "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:template": {
          "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
          "f:spec": { "f:containers": { 'k:{"name":"c"}': { ".": {}, "f:image": {}, "f:name": {} } } },
        },
      },
    });
  });

  test("two appliers of the same value share it, and the field goes with the last of them", () => {
    const cm = new Cluster(configMap, "v1");
    cm.apply("a", { data: { k: "v", a: "1" } });
    cm.apply("b", { data: { k: "v" } });
    cm.apply("a", { data: { a: "1" } });
    expect(cm.live).toMatchObject({ data: { k: "v", a: "1" } });
    cm.apply("b", {});
    expect(cm.live).toEqual({ apiVersion: "v1", metadata: {}, data: { a: "1" } });
    expect(cm.owners).toEqual({ "a Apply": { "f:data": { "f:a": {} } } });
  });

  test("what a writer also owns stays when the applier drops it", () => {
    const cm = new Cluster(configMap, "v1");
    cm.apply("a", { data: { k: "v", other: "o" } });
    cm.update("b", { metadata: {}, data: { k: "w", other: "o" } });
    cm.apply("a", { data: { other: "o" } });
    expect(cm.live).toMatchObject({ data: { k: "w", other: "o" } });
  });

  test("handing a field over: the new owner's value stays", () => {
    const d = new Cluster(deployment, "apps/v1");
    const base = { selector: { matchLabels: { app: "x" } }, template: { metadata: { labels: { app: "x" } } } };
    d.apply("user", { spec: { replicas: 3, ...base } });
    d.apply("hpa", { spec: { replicas: 3 } });
    d.apply("user", { spec: base });
    expect(d.live).toMatchObject({ spec: { replicas: 3 } });
    d.apply("hpa", { spec: { replicas: 5 } });
    expect(d.live).toMatchObject({ spec: { replicas: 5 } });
  });

  test("subresources have entries of their own", () => {
    const d = new Cluster(deployment, "apps/v1");
    d.update("m", { metadata: {}, spec: { replicas: 1 } });
    d.update("m", { metadata: {}, spec: { replicas: 1 }, status: { replicas: 1 } }, "status");
    expect(Object.keys(d.owners)).toEqual(["m Update", "m Update status"]);
  });

  test("who was there before the first apply is called so", () => {
    const cm = new Cluster(configMap, "v1");
    cm.live = { apiVersion: "v1", metadata: {}, data: { k: "v", old: "o" } };
    cm.apply("a", { data: { k: "v" } });
    expect(cm.owners).toEqual({
      "a Apply": { "f:data": { "f:k": {} } },
      "before-first-apply Update": { "f:data": { ".": {}, "f:k": {}, "f:old": {} } },
    });
    expect(cm.conflict("a", { data: { k: "w" } })).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k',
    );
  });

  test("more than ten updaters are thrown together", () => {
    const cm = new Cluster(configMap, "v1");
    const data: Record<string, string> = {};
    for (let i = 0; i < 13; i++) {
      data[`k${i}`] = "v";
      cm.update(`m${String(i).padStart(2, "0")}`, { metadata: {}, data: { ...data } });
    }
    expect(cm.managed).toHaveLength(10);
    expect(cm.owners["ancient-changes Update"]).toEqual({
      "f:data": { ".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}, "f:k3": {} },
    });
  });
});

test("what a create owns is told apart by the keys of items, and by what is empty", () => {
  const text = (extra: object) => createdFieldsText({ metadata: { name: "x" }, spec: extra }, planOf(pod), true);
  const one = text({ containers: [{ name: "a", image: "i" }], securityContext: {} });
  expect(text({ containers: [{ name: "a", image: "j" }], securityContext: {} })).toBe(one);
  expect(text({ containers: [{ name: "b", image: "i" }], securityContext: {} })).toBe(
    one.replace('\\"a\\"', '\\"b\\"'),
  );
  expect(text({ containers: [{ name: "a", image: "i" }], securityContext: { runAsUser: 1 } })).toContain("f:runAsUser");
  expect(text({ containers: [{ name: "a", image: "i" }] })).not.toContain("f:securityContext");
  expect(text({ containers: [{ name: "a", image: "i" }, { name: "b" }], securityContext: {} })).toContain('\\"b\\"');
});

describe("conflicts", () => {
  test("name the manager, its version and the path", () => {
    const d = new Cluster(deployment, "apps/v1");
    d.update("kubectl-client-side-apply", { metadata: {}, spec: { replicas: 1 } });
    expect(d.conflict("ssa", { spec: { replicas: 2 } })).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
    );
    d.apply("ssa", { spec: { replicas: 2 } }, true);
    expect(d.owners).toEqual({ "ssa Apply": { "f:spec": { "f:replicas": {} } } });
    expect(d.live).toMatchObject({ spec: { replicas: 2 } });
  });

  test("are listed by manager", () => {
    const p = new Cluster(pod, "v1");
    p.apply("a", { spec: { containers: [{ name: "c", image: "one" }], hostname: "h" } });
    p.update(
      "b",
      { metadata: {}, spec: { containers: [{ name: "c", image: "one" }], hostname: "h", subdomain: "s" } },
      "status",
    );
    expect(
      p.conflict("x", { spec: { containers: [{ name: "c", image: "two" }], hostname: "i", subdomain: "t" } }),
    ).toBe(
      [
        'Apply failed with 3 conflicts: conflicts with "a":',
        "- .spec.hostname",
        '- .spec.containers[name="c"].image',
        'conflicts with "b" with subresource "status" using v1:',
        "- .spec.subdomain",
      ].join("\n"),
    );
  });

  test("the same value is none", () => {
    const d = new Cluster(deployment, "apps/v1");
    d.apply("a", { spec: { replicas: 2 } });
    expect(d.conflict("b", { spec: { replicas: 2 } })).toBe("no conflict");
    expect(Object.keys(d.owners)).toEqual(["a Apply", "b Apply"]);
  });
});

describe("merge strategies", () => {
  test("lists by key: items of others stay, defaults count as keys", () => {
    const s = new Cluster(service, "v1");
    s.apply("a", { spec: { ports: [{ port: 80, name: "http" }] } });
    s.apply("b", { spec: { ports: [{ port: 80, protocol: "UDP", name: "dns" }] } });
    expect(s.live).toMatchObject({
      spec: {
        ports: [
          { port: 80, name: "http" },
          { port: 80, protocol: "UDP", name: "dns" },
        ],
      },
    });
    expect(s.owners["a Apply"]).toEqual({
      "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} } } },
    });
    s.apply("a", { spec: {} });
    expect(s.live).toMatchObject({ spec: { ports: [{ port: 80, protocol: "UDP", name: "dns" }] } });
  });

  test("sets: an item goes when its only owner drops it", () => {
    const cm = new Cluster(configMap, "v1");
    cm.apply("a", { metadata: { finalizers: ["x/a", "x/b"] } });
    cm.apply("b", { metadata: { finalizers: ["x/b", "x/c"] } });
    expect(cm.live).toMatchObject({ metadata: { finalizers: ["x/a", "x/b", "x/c"] } });
    cm.apply("a", { metadata: { finalizers: ["x/a"] } });
    cm.apply("b", { metadata: {} });
    expect(cm.live).toMatchObject({ metadata: { finalizers: ["x/a"] } });
  });

  test("atomic lists, maps and structs are one field", () => {
    const p = new Cluster(pod, "v1");
    p.apply("a", { spec: { nodeSelector: { a: "1" }, tolerations: [{ key: "k" }] } });
    expect(p.owners["a Apply"]).toEqual({ "f:spec": { "f:nodeSelector": {}, "f:tolerations": {} } });
    expect(p.conflict("b", { spec: { nodeSelector: { b: "1" } } })).toContain(".spec.nodeSelector");
    const claim = new Cluster("k8s.io/api/core/v1.PersistentVolume", "v1");
    claim.apply("a", { spec: { claimRef: { name: "c", namespace: "n" } } });
    expect(claim.owners["a Apply"]).toEqual({ "f:spec": { "f:claimRef": { "f:name": {}, "f:namespace": {} } } });
  });

  test.each([
    ["c a", "a b c", "b c a"],
    ["a x c", "a b c", "a b x c"],
    ["x", "a b", "a b x"],
    ["b a", "a b", "b a"],
    ["", "a b", "a b"],
    ["n a", "m a z", "m n a z"],
  ])("items %s over %s come as %s", (config, live, merged) => {
    const list = (names: string) =>
      names
        .split(" ")
        .filter(Boolean)
        .map((name) => ({ name }));
    const p = new Cluster(pod, "v1");
    p.update("a", { metadata: {}, spec: { containers: list(live) } });
    p.apply("b", { spec: { containers: list(config) } });
    const { containers } = (p.live as { spec: { containers: { name: string }[] } }).spec;
    expect(containers.map(({ name }) => name).join(" ")).toBe(merged);
  });

  test("custom resources: granular objects of unknown fields, lists as the schema says", () => {
    const schema: Schema = {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: {
            any: { type: "object", preserveUnknownFields: true },
            plain: { type: "array", items: { type: "string" } },
            keyed: {
              type: "array",
              listType: "map",
              listMapKeys: ["id"],
              items: { type: "object", properties: { id: { type: "integer" }, v: { type: "string" } } },
            },
          },
        },
      },
    };
    const c = new Cluster(schema, "x.io/v1");
    c.apply("a", { spec: { any: { deep: { er: 1 }, list: [1] }, plain: ["p"], keyed: [{ id: 1, v: "x" }] } });
    expect(c.owners["a Apply"]).toEqual({
      "f:spec": {
        "f:any": { "f:deep": { ".": {}, "f:er": {} }, "f:list": {} },
        "f:keyed": { 'k:{"id":1}': { ".": {}, "f:id": {}, "f:v": {} } },
        "f:plain": {},
      },
    });
    c.update("b", { metadata: {}, spec: { any: { deep: { er: 1 } }, plain: ["p"], keyed: [] } });
    expect(c.owners["a Apply"]).toEqual({
      "f:spec": { "f:any": { "f:deep": { ".": {}, "f:er": {} } }, "f:plain": {} },
    });
  });
});

describe("from client-side apply", () => {
  const csa = (replicas: number, extra: object = {}) => {
    const config = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { annotations: {}, name: "x" },
      spec: { replicas },
    };
    const last = `${JSON.stringify(config)}\n`;
    return {
      metadata: { name: "x", annotations: { "kubectl.kubernetes.io/last-applied-configuration": last } },
      spec: { replicas, ...extra },
    };
  };

  test("kubectl takes over what it had applied, and keeps the annotation true", () => {
    const d = new Cluster(deployment, "apps/v1");
    d.update("kubectl-client-side-apply", csa(1));
    d.apply("kubectl", { kind: "Deployment", metadata: { name: "x" }, spec: { replicas: 2 } });
    const path = ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"];
    expect(JSON.parse(String(getIn(d.live ?? {}, path)))).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "x" },
      spec: { replicas: 2 },
    });
    expect(d.owners["kubectl Apply"]).toEqual({ "f:spec": { "f:replicas": {} } });
  });

  test("another manager, and a field changed since, conflict", () => {
    const d = new Cluster(deployment, "apps/v1");
    d.update("kubectl-client-side-apply", csa(1));
    expect(d.conflict("other", { spec: { replicas: 2 } })).toContain("conflict with");
    d.update("scaler", { ...csa(1), spec: { replicas: 7 } });
    expect(d.conflict("kubectl", { spec: { replicas: 2 } })).toBe(
      'Apply failed with 1 conflict: conflict with "scaler" using apps/v1: .spec.replicas',
    );
  });
});

test.each([
  [{ spec: { replica: 1 } }, ".spec.replica: field not declared in schema"],
  [{ spec: { replicas: "1" } }, ".spec.replicas: expected numeric (int or float), got string"],
  [{ metadata: { labels: { a: 1 } } }, ".metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}"],
  [{ spec: { paused: "yes" } }, ".spec.paused: expected boolean, got string"],
  [
    { spec: { template: { spec: { containers: [{ name: "a" }, { name: "a" }] } } } },
    '.spec.template.spec.containers: duplicate entries for key [name="a"]',
  ],
  [
    { spec: { template: { spec: { containers: [{ image: "a" }] } } } },
    '.spec.template.spec.containers: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
  ],
  [{ a: 1, b: 2 }, "errors:\n  .a: field not declared in schema\n  .b: field not declared in schema"],
])("%j does not fit", (config, message) => {
  expect(configurationErrors(config, planOf(deployment))).toBe(message);
});
