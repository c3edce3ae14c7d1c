import { connect } from "node:http2";
import { gunzipSync } from "node:zlib";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap, type Fixture, pod, startApi } from "./fixture.ts";

let api: Fixture;
const configMaps = "/api/v1/namespaces/default/configmaps";
const names = (body: { items: { metadata: { name: string } }[] }): string[] =>
  body.items.map(({ metadata }) => metadata.name);
beforeAll(async () => {
  api = await startApi();
  for (let i = 0; i < 12; i++) {
    await api.post(configMaps, configMap(`c${String(i).padStart(2, "0")}`, {}, { labels: { third: String(i % 3) } }));
  }
});
afterAll(() => api.close());

test("pages are of one moment, and go on from a token", async () => {
  const first = await api.get(`${configMaps}?limit=5`);
  expect(names(first.body)).toEqual(["c00", "c01", "c02", "c03", "c04"]);
  expect(first.body.metadata.remainingItemCount).toBe(7);
  await api.ask("DELETE", `${configMaps}/c07`);
  await api.post(configMaps, configMap("c055"));
  const second = await api.get(`${configMaps}?limit=5&continue=${first.body.metadata.continue}`);
  expect(names(second.body)).toEqual(["c05", "c06", "c07", "c08", "c09"]);
  expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);

  await api.store.compact(api.store.revision);
  const late = await api.get(`${configMaps}?limit=5&continue=${second.body.metadata.continue}`);
  expect(late.body).toMatchObject({ code: 410, reason: "Expired" });
  expect(late.body.message).toMatch(
    /^The provided continue parameter is too old to display a consistent list result\. You can start/,
  );
  const fresh = await api.get(`${configMaps}?limit=5&continue=${late.body.metadata.continue}`);
  expect(names(fresh.body)).toEqual(["c10", "c11"]);
  await api.post(configMaps, configMap("c07"));
  await api.ask("DELETE", `${configMaps}/c055`);
});

test("a limit counts what matches", async () => {
  const first = await api.get(`${configMaps}?limit=3&labelSelector=third%3D1`);
  expect(names(first.body)).toEqual(["c01", "c04", "c10"]);
  expect(first.body.metadata.remainingItemCount).toBeUndefined();
  const rest = await api.get(`${configMaps}?labelSelector=third+in+(0,2)&limit=2`);
  expect(names(rest.body)).toEqual(["c00", "c02"]);
  expect(rest.body.metadata.continue).toBeDefined();
});

test("selectors", async () => {
  expect(names((await api.get(`${configMaps}?labelSelector=third,third!%3D1,third!%3D2`)).body)).toEqual([
    "c00",
    "c03",
    "c06",
    "c09",
  ]);
  expect(
    names((await api.get(`/api/v1/configmaps?fieldSelector=metadata.name%3Dc03,metadata.namespace%3Ddefault`)).body),
  ).toEqual(["c03"]);
  const unknown = await api.get(`${configMaps}?fieldSelector=data.x%3D1`);
  expect(unknown.code).toBe(400);
  expect(unknown.body.message).toBe(
    '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  );
  const ofPods = await api.get("/api/v1/pods?fieldSelector=data.x%3D1");
  expect(ofPods.body.message).toBe("field label not supported: data.x");
  await api.post("/api/v1/namespaces/default/pods", pod("placed", { spec: { nodeName: "n7" } }));
  expect(names((await api.get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn7")).body)).toEqual(["placed"]);
  expect(names((await api.get("/api/v1/pods?fieldSelector=spec.nodeName!%3Dn7")).body)).toEqual([]);
});

test("at a revision: exactly, or not older", async () => {
  const before = api.store.revision;
  await api.post(configMaps, configMap("later"));
  const exact = await api.get(`${configMaps}?resourceVersion=${before}&resourceVersionMatch=Exact`);
  expect(names(exact.body)).not.toContain("later");
  expect(exact.body.metadata.resourceVersion).toBe(String(before));
  expect(names((await api.get(`${configMaps}?resourceVersion=${before}`)).body)).toContain("later");
  const future = await api.get(`${configMaps}?resourceVersion=${api.store.revision + 50}`);
  expect(future.code).toBe(504);
  const wrong = await api.get(`${configMaps}?resourceVersionMatch=Exact`);
  expect(wrong.code).toBe(422);
  await api.ask("DELETE", `${configMaps}/later`);
});

test("as a table, as metadata, as YAML", async () => {
  const headers = (accept: string) => ({ headers: { accept } });
  const table = await api.ask(
    "GET",
    `${configMaps}?limit=2`,
    headers("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
  );
  expect(table.body).toMatchObject({
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    columnDefinitions: [{ name: "Name" }, { name: "Data" }, { name: "Age" }],
    rows: [{ cells: ["c00", 0, expect.any(String)], object: { kind: "PartialObjectMetadata" } }, {}],
  });
  const partial = await api.ask(
    "GET",
    configMaps,
    headers("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
  );
  expect(partial.body.kind).toBe("PartialObjectMetadataList");
  expect(Object.keys(partial.body.items[0]).sort()).toEqual(["apiVersion", "kind", "metadata"]);
  const yaml = await api.ask("GET", `${configMaps}/c00`, headers("application/yaml"));
  expect(yaml.headers["content-type"]).toBe("application/yaml");
  expect(yaml.text).toMatch(/^apiVersion: v1\nkind: ConfigMap\n/);
  const written = await api.ask("POST", configMaps, {
    headers: { "content-type": "application/yaml" },
    body: "metadata:\n  name: from-yaml\ndata: {a: 'yes'}\n",
  });
  expect(written.body.data).toEqual({ a: "yes" });
});

test("unknown and duplicate fields: ignored, warned of, refused", async () => {
  const body =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"strict"},"data":{"a":"1"},"dta":{},"data":{"a":"2"}}';
  const warned = await api.ask("POST", `${configMaps}?dryRun=All`, { body });
  expect(warned.code).toBe(201);
  expect(warned.headers.warning).toContain('299 - "unknown field \\"dta\\""');
  expect(warned.headers.warning).toContain('duplicate field \\"data\\"');
  const ignored = await api.ask("POST", `${configMaps}?dryRun=All&fieldValidation=Ignore`, { body });
  expect(ignored.headers.warning).toBeUndefined();
  const strict = await api.ask("POST", `${configMaps}?dryRun=All&fieldValidation=Strict`, { body });
  expect(strict.body).toMatchObject({ code: 400, reason: "BadRequest" });
  expect(strict.body.message).toContain('strict decoding error: unknown field "dta", duplicate field "data"');
});

test("a large list is streamed, and compressed where the client asks", async () => {
  const data = { filler: "z".repeat(4000) };
  await api.post("/api/v1/namespaces", { metadata: { name: "large" } });
  const large = "/api/v1/namespaces/large/configmaps";
  await Promise.all(Array.from({ length: 300 }, (_, i) => api.post(large, configMap(`l${i}`, data))));
  const plain = await api.get(large);
  expect(plain.body.items).toHaveLength(300);
  expect(Number(plain.headers["content-length"])).toBe(Buffer.byteLength(plain.text));

  const { authority, admin } = api.certificates;
  const session = connect(`https://127.0.0.1:${api.port}`, { ca: authority.cert, ...admin });
  const stream = session.request({ ":path": large, "accept-encoding": "gzip" });
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const headers = await new Promise<Record<string, unknown>>((resolve) => stream.on("response", resolve));
  await new Promise((resolve) => stream.on("end", resolve));
  session.close();
  expect(headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(plain.text);
});

test("the JavaScript client", async () => {
  const config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespacedConfigMap({ namespace: "default", body: { metadata: { name: "js" }, data: { a: "b" } } });
  expect((await core.readNamespacedConfigMap({ namespace: "default", name: "js" })).data).toEqual({ a: "b" });
  const list = await core.listNamespacedConfigMap({ namespace: "default", labelSelector: "third=1" });
  expect(list.items).toHaveLength(3);
  await core.deleteNamespacedConfigMap({ namespace: "default", name: "js" });
  await expect(core.readNamespacedConfigMap({ namespace: "default", name: "js" })).rejects.toMatchObject({ code: 404 });
});
