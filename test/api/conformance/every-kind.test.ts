/** What holds of every built-in kind alike: discovery, strictness, names, conflicts, tables, metadata alone. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fixture, startApi } from "../fixture.ts";
import { kindCases } from "./objects.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const table = { accept: "application/json;as=Table;g=meta.k8s.io;v=v1" };
const partial = { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" };
const concepts = "https://kubernetes.io/docs/reference/using-api/api-concepts/";

describe.each(kindCases())("$apiVersion $kind", (one) => {
  const collection = one.collection("default");
  const nameOf = (object: Record<string, unknown>): string => (object.metadata as { name: string }).name;

  it(`is in discovery (${concepts}#discovery-api)`, async () => {
    const { body } = await api.get(one.group === "" ? `/api/${one.version}` : `/apis/${one.apiVersion}`);
    const resource = body.resources.find(({ name }: { name: string }) => name === one.plural);
    expect(resource).toMatchObject({ kind: one.kind, namespaced: one.namespaced });
    expect(resource.singularName).toBe(one.kind.toLowerCase());
    expect(resource.verbs).toEqual(
      expect.arrayContaining(["create", "delete", "get", "list", "patch", "update", "watch"]),
    );
    expect([...resource.verbs]).toEqual([...resource.verbs].sort());
    expect(resource.storageVersionHash).toMatch(/^[A-Za-z0-9+/]{11}=$/);
  });

  it(`says what it does not know (${concepts}#field-validation)`, async () => {
    const object = { ...one.object("strict"), nope: 1 };
    const strict = await api.post(`${collection}?fieldValidation=Strict&dryRun=All`, object);
    expect(strict.code).toBe(400);
    expect(strict.body.message).toContain('strict decoding error: unknown field "nope"');
    const warned = await api.post(`${collection}?fieldValidation=Warn&dryRun=All`, object);
    expect(warned.code, warned.text).toBe(201);
    expect(warned.headers.warning).toContain('299 - "unknown field \\"nope\\""');
    const ignored = await api.post(`${collection}?fieldValidation=Ignore&dryRun=All`, object);
    expect(ignored.code).toBe(201);
    expect(ignored.headers.warning ?? "").not.toContain("nope");
  });

  it("refuses names that are none (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/)", async () => {
    const object = one.object("bad");
    const bad = await api.post(`${collection}?dryRun=All`, {
      ...object,
      metadata: { ...(object.metadata as object), name: "a/b" },
    });
    expect(bad.code, bad.text).toBe(422);
    expect(bad.body).toMatchObject({ reason: "Invalid", details: { kind: one.kind, name: "a/b" } });
    expect(bad.body.details.causes).toContainEqual(expect.objectContaining({ field: "metadata.name" }));
    const none = await api.post(`${collection}?dryRun=All`, { ...object, metadata: {} });
    expect(none.code).toBe(422);
    expect(none.text).toContain("name or generateName is required");
    const label = await api.post(`${collection}?dryRun=All`, {
      ...object,
      metadata: { ...(object.metadata as object), labels: { "a b": "c" } },
    });
    expect(label.code).toBe(422);
    expect(label.body.details.causes[0].field).toBe("metadata.labels");
  });

  it("keeps apart what does not fit its URL", async () => {
    const object = one.object("apart");
    const other = await api.post(`${collection}?dryRun=All`, { ...object, kind: "Other" });
    expect(other.code).toBe(400);
    if (one.namespaced) {
      const elsewhere = await api.post(`${collection}?dryRun=All`, {
        ...object,
        metadata: { ...(object.metadata as object), namespace: "elsewhere" },
      });
      expect(elsewhere.code).toBe(400);
      expect(elsewhere.body.message).toBe(
        "the namespace of the provided object does not match the namespace sent on the request",
      );
      const nowhere = await api.post(one.collection("nowhere"), object);
      expect(nowhere.code).toBe(404);
      expect(nowhere.body.message).toBe('namespaces "nowhere" not found');
    }
    const missing = await api.get(`${collection}/missing`);
    expect(missing.body).toMatchObject({
      code: 404,
      reason: "NotFound",
      details: { name: "missing", kind: one.plural, ...(one.group ? { group: one.group } : {}) },
    });
  });

  it(`meets concurrent writers (${concepts}#resource-versions)`, async () => {
    const object = one.object("race");
    const path = `${collection}/${nameOf(object)}`;
    const created = await api.post(collection, object);
    expect(created.code, created.text).toBe(201);
    const again = await api.post(collection, object);
    expect(again.body).toMatchObject({ code: 409, reason: "AlreadyExists" });
    expect(again.body.message).toContain("already exists");
    const labelled = await api.ask("PATCH", path, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { metadata: { labels: { first: "1" } } },
    });
    expect(labelled.code, labelled.text).toBe(200);
    const stale = await api.ask("PUT", path, { body: created.body });
    expect(stale.body).toMatchObject({ code: 409, reason: "Conflict" });
    expect(stale.body.message).toContain(
      "the object has been modified; please apply your changes to the latest version",
    );
    const otherUid = await api.ask("DELETE", path, { body: { preconditions: { uid: "other" } } });
    expect(otherUid.code).toBe(409);

    const printed = await api.ask("GET", path, { headers: table });
    expect(printed.body).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
    expect(printed.body.columnDefinitions[0]).toMatchObject({ name: expect.stringMatching(/^(Name|Last Seen)$/) });
    expect(printed.body.rows[0].cells).toHaveLength(printed.body.columnDefinitions.length);
    const metadata = await api.ask("GET", path, { headers: partial });
    expect(metadata.body).toMatchObject({ kind: "PartialObjectMetadata", metadata: { labels: { first: "1" } } });
    expect(Object.keys(metadata.body).sort()).toEqual(["apiVersion", "kind", "metadata"]);
    const yaml = await api.ask("GET", path, { headers: { accept: "application/yaml" } });
    expect(yaml.text).toContain(`\nkind: ${one.kind}\n`);

    const dry = await api.ask("DELETE", `${path}?dryRun=All`);
    expect(dry.code).toBe(200);
    expect((await api.get(path)).code).toBe(200);
    expect((await api.ask("DELETE", path, { body: { gracePeriodSeconds: 0 } })).code).toBe(200);
  });
});
