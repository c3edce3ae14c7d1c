/** Answers, lists, watches and errors in protobuf, and who gets them. */
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { negotiate } from "../../src/api/http/negotiation.ts";
import { decodeObject, encodeObject } from "../../src/machinery/protobuf/envelope.ts";
import { ProtobufReader } from "../../src/machinery/protobuf/reader.ts";
import { kubectls, runClient } from "../clients/kubectl.ts";
import { configMap, type Fixture, pod, startApi } from "./fixture.ts";

const protobuf = "application/vnd.kubernetes.protobuf";
const partial = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const maps = "/api/v1/namespaces/default/configmaps";
let api: Fixture;

interface Bytes {
  readonly code: number;
  readonly type: string | undefined;
  readonly bytes: Buffer;
}

function ask(method: string, path: string, headers: Record<string, string>, body?: Uint8Array): Promise<Bytes> {
  const { port, certificates } = api;
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path, ca: certificates.authority.cert, ...certificates.admin };
    const length = body ? { "content-length": String(body.length) } : {};
    const outgoing = request({ ...options, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({
          code: response.statusCode ?? 0,
          type: response.headers["content-type"],
          bytes: Buffer.concat(chunks),
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const get = (path: string, accept: string): Promise<Bytes> => ask("GET", path, { accept });

beforeAll(async () => {
  api = await startApi();
  for (const name of ["a", "b"])
    await api.post(maps, configMap(name, { key: name.repeat(3) }, { labels: { l: name } }));
});
afterAll(() => api.close());

it("creates, gets and lists with nothing but protobuf", async () => {
  const path = "/api/v1/namespaces/default/pods";
  const sent = encodeObject(pod("p") as object);
  const made = await ask("POST", path, { accept: protobuf, "content-type": protobuf }, sent);
  expect(made).toMatchObject({ code: 201, type: protobuf });
  const got = await get(`${path}/p`, `${protobuf},application/json`);
  expect(got.type).toBe(protobuf);
  expect(decodeObject(got.bytes)).toMatchObject({
    kind: "Pod",
    spec: { containers: [{ name: "main" }], restartPolicy: "Always" },
  });
  const list = await get(path, protobuf);
  expect(decodeObject(list.bytes)).toMatchObject({
    apiVersion: "v1",
    kind: "PodList",
    metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
    items: [{ metadata: { name: "p" } }],
  });
  const options = encodeObject({ apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 } as object);
  const gone = await ask("DELETE", `${path}/p`, { accept: protobuf, "content-type": protobuf }, options);
  expect(gone).toMatchObject({ code: 200, type: protobuf });
});

it("says in protobuf what went wrong", async () => {
  const missing = await get(`${maps}/nowhere`, protobuf);
  expect(missing).toMatchObject({ code: 404, type: protobuf });
  expect(decodeObject(missing.bytes)).toMatchObject({
    kind: "Status",
    apiVersion: "v1",
    reason: "NotFound",
    code: 404,
    details: { name: "nowhere", kind: "configmaps" },
  });
  const broken = await ask("POST", maps, { "content-type": protobuf, accept: protobuf }, Buffer.from("k8s\0\x0a\xff"));
  expect(broken.code).toBe(400);
});

it("weighs what is accepted, and refuses only what nothing fits", async () => {
  const one = `${maps}/a`;
  const types = async (accept: string): Promise<string | number | undefined> => {
    const { code, type } = await get(one, accept);
    return code === 200 ? type : code;
  };
  expect(await types(`${protobuf};q=0.5,application/json`)).toBe("application/json");
  expect(await types(`application/json;q=0.1,${protobuf};q=0.9`)).toBe(protobuf);
  expect(await types(`application/yaml,${protobuf}`)).toBe("application/yaml");
  expect(await types(`${protobuf};as=Table;g=meta.k8s.io;v=v1`)).toBe(406);
  expect(await types(`${protobuf};as=Table;g=meta.k8s.io;v=v1,application/json`)).toBe("application/json");
  expect(await types("text/html,*/*;q=0.1")).toBe("application/json");
  expect(await types("application/cbor")).toBe(406);
});

it("has no protobuf for custom resources, but for their metadata", () => {
  const custom = { hasProtobuf: false };
  expect(negotiate(`${protobuf},application/json`, custom).format).toBe("json");
  expect(() => negotiate(protobuf, custom)).toThrow("only the following media types are accepted");
  expect(negotiate(`${protobuf};${partial}`, custom)).toMatchObject({
    format: "protobuf",
    as: "PartialObjectMetadata",
  });
});

it("gives metadata alone, one and many", async () => {
  const one = decodeObject((await get(`${maps}/a`, `${protobuf};${partial}`)).bytes);
  expect(one).toMatchObject({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: { labels: { l: "a" } },
  });
  const accept = `${protobuf};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
  const many = decodeObject((await get(`${maps}?labelSelector=l`, accept)).bytes) as { items: object[] };
  expect(many).toMatchObject({
    kind: "PartialObjectMetadataList",
    items: [{ metadata: { name: "a" } }, { metadata: { name: "b" } }],
  });
  expect(many.items[0]).not.toHaveProperty("data");
});

it("is what kubectl 1.35 speaks: a decoder and encoder that are not ours", async () => {
  const binary = (await kubectls()).find((one) => one.endsWith("v35")) ?? "";
  const kubectl = async (args: string): Promise<{ stdout: string; stderr: string }> => {
    const result = await runClient(binary, ["--v=8", ...args.split(" ")], { kubeconfig: api.kubeconfig });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr.toLowerCase()).toContain(`content-type: ${protobuf}`);
    return result;
  };
  await kubectl("create configmap made --from-literal=key=välue");
  expect((await api.get(`${maps}/made`)).body.data).toEqual({ key: "välue" });
  await kubectl("create deployment typed --image=web --replicas=2");
  const { stdout } = await kubectl("describe deployment typed");
  expect(stdout).toMatch(/Replicas: +2 desired/);
  expect(stdout).toMatch(/RollingUpdateStrategy: +25% max unavailable, 25% max surge/);
  await api.post("/api/v1/namespaces/default/events", {
    metadata: { name: "e" },
    involvedObject: { kind: "Pod", name: "p", namespace: "default" },
    message: "seen",
  });
  const watched = await kubectl("events --watch --request-timeout=1s");
  expect(watched.stderr.toLowerCase()).toContain(`${protobuf};stream=watch`);
  expect(watched.stdout).toContain("seen");
  expect((await kubectl("auth whoami")).stdout).toContain("system:masters");
});

it("lists what is larger than one piece", async () => {
  await api.post("/api/v1/namespaces", { metadata: { name: "big" } });
  const big = "/api/v1/namespaces/big/configmaps";
  for (let i = 0; i < 12; i++) await api.post(big, configMap(`m-${i}`, { v: String(i).padEnd(60_000, "x") }));
  const { items } = decodeObject((await get(`${big}`, protobuf)).bytes) as {
    items: { metadata: { name: string }; data?: { v: string } }[];
  };
  const made = items.filter(({ metadata }) => metadata.name.startsWith("m-"));
  expect(made).toHaveLength(12);
  for (const { data } of made) expect(data?.v).toHaveLength(60_000);
});

describe("a watch", () => {
  interface Event {
    readonly type: string;
    readonly object: Record<string, unknown>;
  }

  function frames(bytes: Buffer): Event[] {
    const events: Event[] = [];
    for (let at = 0; at + 4 <= bytes.length; ) {
      const length = bytes.readUInt32BE(at);
      const reader = new ProtobufReader(bytes, at + 4, at + 4 + length);
      let type = "";
      let object: Record<string, unknown> = {};
      while (!reader.done) {
        if (reader.tag() === 0x0a) type = reader.string();
        else {
          const raw = reader.message();
          raw.tag();
          object = decodeObject(raw.bytes());
        }
      }
      events.push({ type, object });
      at += 4 + length;
    }
    return events;
  }

  it.each([
    ["objects", protobuf, "ConfigMap"],
    ["metadata", `${protobuf};${partial}`, "PartialObjectMetadata"],
  ])("sends %s in frames, bookmarks included", async (_what, accept, kind) => {
    const query = "watch=1&allowWatchBookmarks=1&sendInitialEvents=1&resourceVersionMatch=NotOlderThan&labelSelector=l";
    let received = Buffer.alloc(0);
    let type: string | undefined;
    const { port, certificates } = api;
    const options = { host: "127.0.0.1", port, path: `${maps}?${query}`, headers: { accept } };
    const outgoing = request({ ...options, ca: certificates.authority.cert, ...certificates.admin }, (response) => {
      type = response.headers["content-type"];
      response.on("data", (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
      });
      response.on("error", () => undefined);
    });
    outgoing.on("error", () => undefined);
    outgoing.end();
    await vi.waitFor(() => expect(frames(received).map((event) => event.type)).toContain("BOOKMARK"), 5000);
    expect(type).toBe(`${protobuf};stream=watch`);
    const name = `live-${kind.toLowerCase()}`;
    await api.post(maps, configMap(name, {}, { labels: { l: "x" } }));
    await vi.waitFor(() => expect(JSON.stringify(frames(received))).toContain(name), 5000);
    const events = frames(received);
    const bookmark = events.find((event) => event.type === "BOOKMARK");
    expect(bookmark?.object).toMatchObject({
      kind,
      metadata: { annotations: { "k8s.io/initial-events-end": "true" } },
    });
    expect(events.at(-1)).toMatchObject({ type: "ADDED", object: { kind, metadata: { name } } });
    outgoing.destroy();
    await ask("DELETE", `${maps}/${name}`, {});
  });
});
