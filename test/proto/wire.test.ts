/** The hand-kept message tables against agent.proto, as protobuf's own parser reads it. */
import { fileURLToPath } from "node:url";
import { loadSync, type MessageTypeDefinition, type ServiceDefinition } from "@grpc/proto-loader";
import { describe, expect, test } from "vitest";
import type { Codec } from "../../proto/wire/codec.ts";
import * as messages from "../../proto/wire/messages.ts";
import { agentService } from "../../proto/wire/service.ts";

const file = fileURLToPath(new URL("../../proto/agent.proto", import.meta.url));
const definitions = loadSync(file, { longs: Number, defaults: true, arrays: true });
const service = definitions["kl.agent.v1.Agent"] as ServiceDefinition;

const pod = { namespace: "default", name: "web", uid: "u-1" };
const json = Buffer.from(JSON.stringify({ kind: "Pod", text: "Grüße 世界" }));
/** A full one of each message that a call has. */
const full: Readonly<Record<string, object>> = {
  FromAgent: { hello: { version: "v1" }, ping: true },
  FromServer: {
    welcome: { version: "v1" },
    pong: true,
    open: { id: "i", method: "exec", pod, options: json, stdin: true, stdout: true, stderr: true, resize: true },
    cancel: "c",
  },
  FromFollower: {
    follow: { kinds: ["pods", "secrets"], known: [{ kind: "pods", key: "a/b", version: "12" }] },
    applied: 2 ** 40,
  },
  DesiredBatch: {
    sequence: 300,
    reset: true,
    changes: [
      { kind: "pods", key: "default/web", version: "1", json },
      { kind: "pods", key: "default/gone", version: "", json: Buffer.alloc(0) },
    ],
    synced: true,
  },
  FromPod: {
    id: "i",
    started: true,
    stdout: json,
    stderr: json,
    exit: { code: 0 },
    failure: { reason: "NotFound", message: "no" },
    end: true,
    stats: json,
  },
  ToPod: { stdin: json, stdinEnd: true, size: { width: 80, height: 24 } },
  Object: { json },
  Objects: { json: [json, Buffer.alloc(0)] },
  Empty: {},
  LeaseRenewal: { durationSeconds: 40 },
  PodStatuses: {
    reports: [
      { pod, status: json },
      { pod, status: json },
    ],
  },
  PodStatusAnswers: { gone: [true, false, true] },
  PodRef: pod,
  TokenRequest: { pod, serviceAccount: "default", audience: "vault", expirationSeconds: 3607 },
  Token: { token: "t", expirationTimestamp: "2026-01-01T00:00:00Z" },
};

test("every call of agent.proto is there, and no other", () => {
  const told = Object.values(service).map(({ path, requestStream, responseStream }) => ({
    path,
    requestStream,
    responseStream,
  }));
  const known = Object.values(agentService).map(({ path, requestStream, responseStream }) => ({
    path,
    requestStream,
    responseStream,
  }));
  expect(known).toEqual(expect.arrayContaining(told));
  expect(known).toHaveLength(told.length);
});

describe.each(Object.entries(agentService))("%s", (name, method) => {
  const other = Object.values(service).find(({ path }) => path === method.path);
  if (!other) throw new Error(`agent.proto has no ${name}`);
  const nameOf = (type: unknown) => (type as MessageTypeDefinition<object, object>).type as { name: string };

  test.each([
    ["request", method.requestSerialize, method.requestDeserialize, other.requestSerialize, other.requestDeserialize],
    [
      "answer",
      method.responseSerialize,
      method.responseDeserialize,
      other.responseSerialize,
      other.responseDeserialize,
    ],
  ] as const)("%s is read and written alike", (side, encode, decode, otherEncode, otherDecode) => {
    const type = nameOf(side === "request" ? other.requestType : other.responseType).name;
    const value = full[type];
    if (!value) throw new Error(`no example of ${type}`);
    const ours = (encode as (value: object) => Buffer)(value);
    const theirs = (otherEncode as (value: object) => Buffer)(value);
    expect(otherDecode(ours)).toMatchObject(value);
    expect((decode as (bytes: Buffer) => object)(theirs)).toEqual(value);
  });
});

test("what is absent has its default, and what is not known is stepped over", () => {
  const codec = messages.fromPod as Codec<messages.FromPod>;
  const empty = codec.decode(Buffer.alloc(0));
  expect(empty).toEqual({
    id: "",
    started: false,
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
    exit: undefined,
    failure: undefined,
    end: false,
    stats: Buffer.alloc(0),
  });
  // Field 100, of a newer version.
  expect(codec.decode(Buffer.concat([Buffer.from([0xa2, 0x06, 0x01, 0x41]), codec.encode({ id: "x" })])).id).toBe("x");
  expect(codec.decode(codec.encode({ exit: { code: undefined } })).exit).toEqual({ code: undefined });
});
