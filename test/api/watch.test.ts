import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { KubeObject } from "../../src/machinery/meta/object.ts";
import { FakeClock } from "../fake-clock.ts";
import { configMap, type Fixture, startApi } from "./fixture.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const gvr = { group: "", version: "v1", resource: "configmaps" };

interface Event {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  readonly object: any;
}

interface OpenWatch {
  readonly events: Event[];
  readonly code: number;
  readonly ended: () => boolean;
  names(): string[];
  close(): void;
}

let api: Fixture;
const clock = new FakeClock(Date.now());
const open: OpenWatch[] = [];
beforeAll(async () => {
  api = await startApi({ clock });
});
afterAll(async () => {
  for (const watch of open) watch.close();
  await api.close();
});

function watch(path: string, headers: Record<string, string> = {}): Promise<OpenWatch> {
  const { authority, admin } = api.certificates;
  return new Promise((resolve, reject) => {
    const events: Event[] = [];
    let ended = false;
    const outgoing: ClientRequest = request(
      { host: "127.0.0.1", port: api.port, path, headers, ca: authority.cert, ...admin, agent: false },
      (response: IncomingMessage) => {
        let rest = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          const lines = (rest + text).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) events.push(JSON.parse(line) as Event);
        });
        response.on("end", () => {
          ended = true;
        });
        response.on("error", () => undefined);
        const opened = {
          events,
          code: response.statusCode ?? 0,
          ended: () => ended,
          names: () => events.map(({ type, object }) => `${type} ${object.metadata?.name}`),
          close: () => outgoing.destroy(),
        };
        open.push(opened);
        resolve(opened);
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const patchLabels = (name: string, labels: object) =>
  api.ask("PATCH", `${configMaps}/${name}`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { metadata: { labels } },
  });

test("from a revision: every event once, in order, with the bytes that GET returns", async () => {
  const start = api.store.revision;
  const watching = await watch(`${configMaps}?watch=1&resourceVersion=${start}`);
  const created = await api.post(configMaps, configMap("w1", { a: "1" }));
  const patched = await patchLabels("w1", { x: "y" });
  const deleted = await api.ask("DELETE", `${configMaps}/w1`);
  expect(deleted.code).toBe(200);
  await vi.waitFor(() => expect(watching.events).toHaveLength(3));
  expect(watching.events[0]).toEqual({ type: "ADDED", object: created.body });
  expect(watching.events[1]).toEqual({ type: "MODIFIED", object: patched.body });
  const last = watching.events[2];
  expect(last?.type).toBe("DELETED");
  expect(last?.object.metadata.labels).toEqual({ x: "y" });
  expect(Number(last?.object.metadata.resourceVersion)).toBe(api.store.revision);

  const again = await watch(`/api/v1/watch/namespaces/default/configmaps?resourceVersion=${start}`);
  await vi.waitFor(() => expect(again.events).toEqual(watching.events));
});

test("without a revision: what exists comes first, then what happens", async () => {
  await api.post(configMaps, configMap("w2"));
  for (const query of ["watch=true", "watch=true&resourceVersion=0"]) {
    const watching = await watch(`${configMaps}?${query}&fieldSelector=metadata.name%3Dw2`);
    await vi.waitFor(() => expect(watching.names()).toEqual(["ADDED w2"]));
    await patchLabels("w2", { at: query.length.toString() });
    await vi.waitFor(() => expect(watching.names()).toEqual(["ADDED w2", "MODIFIED w2"]));
  }
});

test("a selector turns changes into ADDED and DELETED", async () => {
  await api.post(configMaps, configMap("w3", {}, { labels: { in: "no" } }));
  const watching = await watch(`${configMaps}?watch=1&labelSelector=in%3Dyes&resourceVersion=${api.store.revision}`);
  await patchLabels("w3", { in: "yes" });
  await patchLabels("w3", { also: "1" });
  const left = await patchLabels("w3", { in: "no" });
  await patchLabels("w3", { in: "never" });
  await patchLabels("w3", { in: "yes" });
  await api.ask("DELETE", `${configMaps}/w3`);
  await vi.waitFor(() =>
    expect(watching.names()).toEqual(["ADDED w3", "MODIFIED w3", "DELETED w3", "ADDED w3", "DELETED w3"]),
  );
  const gone = watching.events[2]?.object;
  expect(gone.metadata.labels).toEqual({ in: "yes", also: "1" });
  expect(gone.metadata.resourceVersion).toBe(left.body.metadata.resourceVersion);
});

test("sendInitialEvents ends with its bookmark; later ones come by the minute", async () => {
  await api.post(configMaps, configMap("w4"));
  const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  const watching = await watch(`${configMaps}?${query}`);
  await vi.waitFor(() => expect(watching.events.at(-1)?.type).toBe("BOOKMARK"));
  expect(watching.names()).toContain("ADDED w4");
  const end = watching.events.at(-1)?.object;
  expect(end).toMatchObject({ kind: "ConfigMap", apiVersion: "v1" });
  expect(end.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
  const seen = watching.events.length;
  await api.post("/api/v1/namespaces", { metadata: { name: "elsewhere" } });
  await clock.run(70_000);
  await vi.waitFor(() => expect(watching.events.length).toBeGreaterThan(seen));
  const bookmark = watching.events.at(-1);
  expect(bookmark?.type).toBe("BOOKMARK");
  expect(Number(bookmark?.object.metadata.resourceVersion)).toBe(api.store.revision);
  const wrong = await api.get(`${configMaps}?watch=1&sendInitialEvents=true`);
  expect(wrong.code).toBe(422);
});

test("timeoutSeconds ends it cleanly", async () => {
  const watching = await watch(`${configMaps}?watch=1&timeoutSeconds=5&resourceVersion=${api.store.revision}`);
  expect(watching.ended()).toBe(false);
  await clock.run(5000);
  await vi.waitFor(() => expect(watching.ended()).toBe(true));
});

test("tables and metadata alone", async () => {
  await api.post(configMaps, configMap("w5", { secret: "value" }));
  const only = "fieldSelector=metadata.name%3Dw5";
  const table = await watch(`${configMaps}?watch=1&${only}`, {
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  });
  await vi.waitFor(() => expect(table.events).toHaveLength(1));
  expect(table.events[0]?.object).toMatchObject({ kind: "Table", rows: [{ cells: ["w5", 1, expect.any(String)] }] });
  const partial = await watch(`${configMaps}?watch=1&${only}`, {
    accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  });
  await vi.waitFor(() => expect(partial.events).toHaveLength(1));
  expect(partial.events[0]?.object).toEqual({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: expect.objectContaining({ name: "w5" }),
  });
});

describe("history that is gone", () => {
  test("is a 410 in the stream, and in process an error", async () => {
    const secrets = "/api/v1/namespaces/default/secrets";
    await api.post(secrets, { metadata: { name: "old" } });
    const old = api.store.revision;
    await api.ask("DELETE", `${secrets}/old`);
    await api.post(secrets, { metadata: { name: "new" } });
    await api.store.compact(api.store.revision);
    const watching = await watch(`${secrets}?watch=1&resourceVersion=${old}`);
    expect(watching.code).toBe(200);
    await vi.waitFor(() => expect(watching.ended()).toBe(true));
    expect(watching.events).toMatchObject([
      { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } },
    ]);
    const inProcess = api.client.resource({ ...gvr, resource: "secrets" }, "default").watch({
      resourceVersion: String(old),
      signal: new AbortController().signal,
    });
    await expect(inProcess[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 410, reason: "Expired" });

    const list = await api.get(`${secrets}?resourceVersion=${old}&resourceVersionMatch=Exact`);
    expect(list.body).toMatchObject({ code: 410, reason: "Expired" });
  });

  test("a revision to come is told so", async () => {
    const { code, body } = await api.get(`${configMaps}?watch=1&resourceVersion=${api.store.revision + 1000}`);
    expect(code).toBe(504);
    expect(body.details.causes[0].reason).toBe("ResourceVersionTooLarge");
  });
});

test("in process: the same events, as shared objects, until the signal aborts", async () => {
  const client = api.client.resource(gvr, "default");
  const abort = new AbortController();
  const events: string[] = [];
  const done = (async () => {
    const { metadata } = await client.list();
    for await (const { type, object } of client.watch({
      resourceVersion: metadata.resourceVersion,
      signal: abort.signal,
    })) {
      events.push(`${type} ${object.metadata.name}`);
      expect(Object.isFrozen(object)).toBe(true);
    }
  })();
  await vi.waitFor(async () => {
    await client.create(configMap("p1") as KubeObject).catch(() => undefined);
    await patchLabels("p1", { now: String(Math.random()) });
    expect(events.length).toBeGreaterThan(1);
  });
  await client.delete("p1");
  await vi.waitFor(() => expect(events.at(-1)).toBe("DELETED p1"));
  abort.abort();
  await done;
});

test("many watchers, many writers: each sees every event once and in order", async () => {
  const start = api.store.revision;
  const watchers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      watch(`${configMaps}?watch=1&resourceVersion=${start}&labelSelector=${i % 2 ? "many" : ""}`),
    ),
  );
  const names = Array.from({ length: 50 }, (_, i) => `m${i}`);
  await Promise.all(names.map((name) => api.post(configMaps, configMap(name, {}, { labels: { many: "" } }))));
  const late = await watch(`${configMaps}?watch=1&resourceVersion=${start}&labelSelector=many`);
  await Promise.all(names.map((name) => api.ask("DELETE", `${configMaps}/${name}`)));
  for (const watching of [...watchers, late]) {
    await vi.waitFor(() => expect(watching.events).toHaveLength(100));
    const revisions = watching.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  }
});

test("closing the server ends watches", async () => {
  const own = await startApi();
  const controller = new AbortController();
  const iterator = own.client.resource(gvr, "default").watch({ signal: controller.signal })[Symbol.asyncIterator]();
  const waiting = iterator.next();
  await own.close();
  expect((await waiting).done).toBe(true);
});

test("a legacy path that names an object watches that one; elsewhere only collections are watched", async () => {
  const { body } = await api.post(configMaps, configMap("one"));
  const watching = await watch("/api/v1/watch/namespaces/default/configmaps/one");
  await vi.waitFor(() => expect(watching.names()).toEqual(["ADDED one"]));
  expect((await api.get(`${configMaps}/one?watch=1`)).body).toEqual(body);
});
