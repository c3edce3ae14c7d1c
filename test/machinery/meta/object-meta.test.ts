import { describe, expect, it } from "vitest";
import { validateLabelSelector } from "../../../src/machinery/meta/label-selector.ts";
import {
  validateFieldManager,
  validateName,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "../../../src/machinery/meta/object-meta.ts";
import { fieldErrorText } from "../../../src/machinery/status/field-errors.ts";
import type { ObjectMeta } from "../../../src/machinery/types/meta/v1.ts";

const texts = (meta: ObjectMeta, namespaced = true): string[] =>
  validateObjectMeta(meta, { namespaced }).map(fieldErrorText);
const good: ObjectMeta = { name: "a", namespace: "default" };

describe("validateObjectMeta", () => {
  it("accepts what is right", () => {
    const meta: ObjectMeta = {
      ...good,
      generateName: "a-",
      labels: { "x.io/a": "b", c: "" },
      annotations: { "x.io/A_b": "anything\n" },
      finalizers: ["x.io/f", "orphan"],
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "1", controller: true }],
    };
    expect(texts(meta)).toEqual([]);
    expect(texts({ name: "system:node" }, false)).not.toEqual([]);
    expect(validateObjectMeta({ name: "system:node" }, { namespaced: false, nameRule: "path-segment" })).toEqual([]);
  });
  it.each([
    [{ namespace: "n" }, ["metadata.name: Required value: name or generateName is required"]],
    [{ name: "a" }, ["metadata.namespace: Required value"]],
    [
      { ...good, name: "Bad_Name" },
      [
        "metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
    ],
    [
      { ...good, labels: { a: "-" } },
      [
        "metadata.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [
      { ...good, name: "a".repeat(254) },
      [`metadata.name: Invalid value: "${"a".repeat(254)}": must be no more than 253 characters`],
    ],
    [
      { ...good, annotations: { a: "x".repeat(256 * 1024) } },
      ["metadata.annotations: Too long: may not be more than 262144 bytes"],
    ],
    [
      { ...good, ownerReferences: [{ apiVersion: "v1", kind: "", name: "", uid: "" }] },
      [
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    ],
    [
      { ...good, finalizers: ["orphan", "foregroundDeletion"] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
  ])("refuses %j", (meta, expected) => {
    expect(texts(meta as ObjectMeta)).toEqual(expected);
  });
  it("refuses a namespace where there is none, two controllers, unprintable managers", () => {
    expect(texts(good, false)).toEqual(["metadata.namespace: Forbidden: not allowed on this type"]);
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "1", controller: true };
    expect(texts({ ...good, ownerReferences: [owner, { ...owner, name: "s" }] })[0]).toContain(
      'Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/r and ReplicaSet/s',
    );
    expect(texts({ ...good, managedFields: [{ manager: "a\n", operation: "Update" }] })).toEqual([
      'metadata.managedFields[0].manager: Invalid value: "a\\n": invalid character U+000A (at position 1)',
    ]);
  });
});

describe("validateName", () => {
  it("lets a prefix end in a dash", () => {
    expect(validateName("web-", "dns1123-label", true)).toEqual([]);
    expect(validateName("web-", "dns1123-label")).not.toEqual([]);
    expect(validateName("1a", "dns1035-label")[0]).toContain("a DNS-1035 label");
  });
});

describe("validateFieldManager", () => {
  it("bounds length and characters", () => {
    expect(validateFieldManager("kubectl-client-side-apply", "fieldManager")).toEqual([]);
    expect(validateFieldManager("x".repeat(129), "fieldManager").map(fieldErrorText)).toEqual([
      "fieldManager: Too long: may not be more than 128 bytes",
    ]);
  });
});

describe("validateObjectMetaUpdate", () => {
  const old: ObjectMeta = {
    ...good,
    uid: "1",
    resourceVersion: "5",
    generation: 2,
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
  it("holds what cannot change", () => {
    expect(validateObjectMetaUpdate({ ...old, labels: { a: "b" } }, old)).toEqual([]);
    const changed = { ...old, name: "b", uid: "2", generation: 1, creationTimestamp: "2027-01-01T00:00:00Z" };
    expect(validateObjectMetaUpdate(changed, old).map(fieldErrorText)).toEqual([
      "metadata.generation: Invalid value: 1: must not be decremented",
      'metadata.name: Invalid value: "b": field is immutable',
      'metadata.uid: Invalid value: "2": field is immutable',
      'metadata.creationTimestamp: Invalid value: "2027-01-01T00:00:00Z": field is immutable',
    ]);
    const { resourceVersion: _, ...without } = old;
    expect(validateObjectMetaUpdate(without, old).map(fieldErrorText)).toEqual([
      'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    ]);
  });
  it("adds no finalizer to what is being deleted", () => {
    const dying = { ...old, deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["x.io/a", "x.io/b"] };
    expect(validateObjectMetaUpdate({ ...dying, finalizers: ["x.io/b"] }, dying)).toEqual([]);
    expect(validateObjectMetaUpdate({ ...dying, finalizers: ["x.io/a", "x.io/c"] }, dying).map(fieldErrorText)).toEqual(
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/c"}',
      ],
    );
  });
});

describe("validateLabelSelector", () => {
  it("tells what is wrong where", () => {
    const selector = {
      matchLabels: { "a/b/c": "d" },
      matchExpressions: [
        { key: "a", operator: "In" },
        { key: "b", operator: "Exists", values: ["x"] },
        { key: "", operator: "Near" },
      ],
    };
    expect(validateLabelSelector(selector, "spec.selector").map((error) => [error.field, error.type])).toEqual([
      ["spec.selector.matchLabels", "FieldValueInvalid"],
      ["spec.selector.matchExpressions[0].values", "FieldValueRequired"],
      ["spec.selector.matchExpressions[1].values", "FieldValueForbidden"],
      ["spec.selector.matchExpressions[2].operator", "FieldValueInvalid"],
      ["spec.selector.matchExpressions[2].key", "FieldValueInvalid"],
      ["spec.selector.matchExpressions[2].key", "FieldValueInvalid"],
    ]);
    expect(validateLabelSelector(undefined, "x")).toEqual([]);
  });
});
