/**
 * Every built-in kind through its whole life over HTTPS, in JSON and in protobuf.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeObject, encodeObject } from "../../../src/machinery/protobuf/envelope.ts";
import { goNameOfKind } from "../../../src/machinery/protobuf/kinds.ts";
import { type Fixture, startApi } from "../fixture.ts";
import { askBytes } from "./bytes.ts";
import { kindCases } from "./objects.ts";
import { watchUntil } from "./watch-lines.ts";

const protobuf = "application/vnd.kubernetes.protobuf";
let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Meta {
  readonly name: string;
  readonly uid?: string;
  readonly labels?: object;
}
const metaOf = (body: unknown): Meta => (body as { metadata: Meta }).metadata;

describe.each(kindCases())("$apiVersion $kind", (one) => {
  const collection = one.collection("default");

  it("is created, read, replaced, patched three ways, applied, listed, watched and deleted", async () => {
    const object = one.object("life");
    const path = `${collection}/${metaOf(object).name}`;
    const created = await api.post(collection, object);
    expect(created.code, created.text).toBe(201);
    expect(created.body).toMatchObject({ apiVersion: one.apiVersion, kind: one.kind });
    const read = await api.get(path);
    expect(metaOf(read.body).uid).toBe(metaOf(created.body).uid);

    const replaced = await api.ask("PUT", path, {
      body: { ...read.body, metadata: { ...read.body.metadata, labels: { step: "put" } } },
    });
    expect(replaced.code, replaced.text).toBe(200);
    const patches: [string, unknown][] = [
      ["application/json-patch+json", [{ op: "add", path: "/metadata/labels/json", value: "1" }]],
      ["application/merge-patch+json", { metadata: { labels: { merge: "1" } } }],
      ["application/strategic-merge-patch+json", { metadata: { labels: { strategic: "1" } } }],
    ];
    for (const [type, body] of patches) {
      const patched = await api.ask("PATCH", path, { headers: { "content-type": type }, body });
      expect(patched.code, `${type}: ${patched.text}`).toBe(200);
    }
    const applied = await api.ask("PATCH", `${path}?fieldManager=conformance`, {
      headers: { "content-type": "application/apply-patch+yaml" },
      body: { apiVersion: one.apiVersion, kind: one.kind, metadata: { labels: { applied: "1" } } },
    });
    expect(applied.code, applied.text).toBe(200);
    expect(metaOf(applied.body).labels).toMatchObject({
      step: "put",
      json: "1",
      merge: "1",
      strategic: "1",
      applied: "1",
    });

    const listed = await api.get(`${collection}?labelSelector=applied%3D1`);
    expect(listed.body.items).toHaveLength(1);
    const at = Number(listed.body.metadata.resourceVersion);
    const deleted = await api.ask("DELETE", path, {
      body: { gracePeriodSeconds: 0, propagationPolicy: "Background" },
    });
    expect(deleted.code, deleted.text).toBe(200);
    if (one.kind === "Namespace") {
      // It waits for whoever empties it, and there is nobody here.
      expect(deleted.body.status.phase).toBe("Terminating");
      const { code } = await api.ask("PUT", `${path}/finalize`, {
        body: { ...deleted.body, spec: { finalizers: [] } },
      });
      expect(code).toBe(200);
    }
    const watch = `${collection}?watch=1&resourceVersion=${at}&timeoutSeconds=5&labelSelector=applied`;
    const events = await watchUntil(api, watch, (lines) => lines.at(-1)?.type === "DELETED");
    expect(events.at(-1)).toMatchObject({ type: "DELETED", object: { metadata: { uid: metaOf(created.body).uid } } });
  });
});

const inProtobuf = kindCases().filter(({ apiVersion, kind }) => goNameOfKind(apiVersion, kind) !== undefined);

describe.each(inProtobuf)("$apiVersion $kind", (one) => {
  const collection = one.collection("default");

  it("comes back from protobuf as it is in JSON", async () => {
    const object = one.object("wire");
    const path = `${collection}/${metaOf(object).name}`;
    const headers = { accept: protobuf, "content-type": protobuf };
    const made = await askBytes(api, "POST", collection, headers, encodeObject(object));
    expect(made.code, made.bytes.toString()).toBe(201);
    expect(made.type).toBe(protobuf);
    const json = await api.get(path);
    expect(decodeObject(made.bytes)).toMatchObject({ apiVersion: one.apiVersion, kind: one.kind });
    const read = await askBytes(api, "GET", path, { accept: protobuf });
    const body = encodeObject(decodeObject(read.bytes));
    // What was read, written back: nothing changes, so nothing is written.
    const put = await askBytes(api, "PUT", path, headers, body);
    expect(put.code, put.bytes.toString()).toBe(200);
    const after = await api.get(path);
    expect(after.body).toEqual(json.body);
    const asTable = await api.ask("GET", path, { headers: { accept: "application/json;as=Table;g=meta.k8s.io;v=v1" } });
    expect(asTable.body.rows[0].cells[0]).toBeDefined();
    await askBytes(api, "DELETE", path, { accept: protobuf });
  });
});
