/** One case of the fuzzer: made from a seed and a number alone, judged by what must hold whatever is sent. */
import { isDeepStrictEqual } from "node:util";
import { decodeObject, encodeObject } from "../../src/machinery/protobuf/envelope.ts";
import { goNameOfKind } from "../../src/machinery/protobuf/kinds.ts";
import { ProtobufError } from "../../src/machinery/protobuf/reader.ts";
import { DecodeError, decodeTyped } from "../../src/machinery/schema/decode.ts";
import { schemaOf } from "../../src/machinery/schema/load.ts";
import type { Schema } from "../../src/machinery/schema/types.ts";
import { askBytes, type BytesAnswer } from "../api/conformance/bytes.ts";
import { type KindCase, kindCases } from "../api/conformance/objects.ts";
import type { Fixture } from "../api/fixture.ts";
import { mutateBytes, mutateObject, sample } from "./mutate.ts";
import { Random } from "./random.ts";

const protobuf = "application/vnd.kubernetes.protobuf";
const json = "application/json";
const kinds = kindCases().filter(({ apiVersion, kind }) => goNameOfKind(apiVersion, kind) !== undefined);
type Body = Record<string, unknown>;

/** What must not be: `what` says which rule was broken, `sent` the body. */
export interface Finding {
  readonly what: string;
  readonly path: string;
  readonly sent: string;
}

class Broken extends Error {}

interface Ground {
  readonly api: Fixture;
  readonly random: Random;
  readonly one: KindCase;
  readonly schema: Schema;
  readonly name: string;
  /** For the report. */
  sent: Buffer;
  path: string;
}

const families: readonly (readonly [weight: number, run: (ground: Ground) => Promise<void>])[] = [
  [35, twoForms],
  [20, brokenProtobuf],
  [15, brokenJson],
  [20, anyPatch],
  [10, kept],
];

/** Runs case `number` of `seed`; undefined: nothing found. */
export async function runCase(api: Fixture, seed: number, number: number): Promise<Finding | undefined> {
  const random = new Random(Math.imul(seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b));
  const one = random.of(kinds);
  const schema = schemaOf(goNameOfKind(one.apiVersion, one.kind) ?? "");
  const ground: Ground = { api, random, one, schema, name: `f${number}`, sent: Buffer.alloc(0), path: "" };
  let dice = random.below(100);
  const begun = performance.now();
  try {
    for (const [weight, run] of families) {
      if (dice < weight) {
        await run(ground);
        break;
      }
      dice -= weight;
    }
    if (Object.keys(Object.prototype).length > 0) throw new Broken("Object.prototype was changed");
    const took = performance.now() - begun;
    if (took > 10_000) throw new Broken(`took ${took.toFixed(0)} ms`);
    return undefined;
  } catch (error) {
    const what = error instanceof Broken ? error.message : String(error instanceof Error ? error.stack : error);
    return { what, path: ground.path, sent: readable(ground.sent) };
  }
}

function readable(body: Buffer): string {
  return body.subarray(0, 4).equals(Buffer.from("k8s\0")) ? `base64 ${body.toString("base64")}` : body.toString();
}

async function send(ground: Ground, method: string, path: string, type: string, body: Buffer, accept = json) {
  ground.sent = body;
  ground.path = `${method} ${path}`;
  const answer = await askBytes(ground.api, method, path, { accept, "content-type": type }, body);
  // kube-apiserver, too, answers 500 to an apply whose types do not fit.
  if (answer.code >= 500 && !answer.bytes.includes("failed to create typed patch object")) {
    throw new Broken(`answered ${answer.code}: ${answer.bytes.toString().slice(0, 1000)}`);
  }
  return answer;
}

/** The object in JSON and in protobuf: the same answer, but for what is new in every object. */
async function twoForms(ground: Ground): Promise<void> {
  const { one, random, schema, name } = ground;
  const object = one.object(name);
  if (random.chance(90)) mutateObject(random, object, schema);
  const path = `${one.collection("default")}?dryRun=All`;
  const first = await send(ground, "POST", path, json, Buffer.from(JSON.stringify(object)));
  const encoded = encodedOf(object, schema, one);
  if (encoded === undefined) {
    if (first.code < 300) throw new Broken("accepted as JSON, but has no protobuf form");
    return;
  }
  // Protobuf has no null, no empty list: the JSON that means the same is what comes back from it.
  const same = Buffer.from(JSON.stringify(decodeObject(encoded)));
  const inJson = await send(ground, "POST", path, json, same);
  const inProtobuf = await send(ground, "POST", path, protobuf, encoded, random.chance(50) ? protobuf : json);
  // A case beside this one kept a thing of that name, between the two.
  if (inJson.code === 409 || inProtobuf.code === 409) return;
  const left = comparable(inJson);
  // What Go would read as its zero value may be absent or be spelled out; another apiVersion or kind is refused in JSON alone.
  if (first.code !== 400 && first.code !== 409 && !isDeepStrictEqual(gist(first), gist(inJson))) {
    throw new Broken(`with its zero values it parts:\n${JSON.stringify(gist(first))}\n${JSON.stringify(gist(inJson))}`);
  }
  const right = comparable(inProtobuf);
  if (!isDeepStrictEqual(left, right)) {
    throw new Broken(`JSON and protobuf part:\n${JSON.stringify(left)}\n${JSON.stringify(right)}`);
  }
}

function encodedOf(object: Body, schema: Schema, { apiVersion, kind }: KindCase): Buffer | undefined {
  try {
    const { value } = decodeTyped(structuredClone(object), schema);
    return encodeObject({ ...(value as Body), apiVersion, kind });
  } catch (error) {
    if (error instanceof DecodeError || error instanceof ProtobufError) return undefined;
    throw error;
  }
}

function comparable({ code, type, bytes }: BytesAnswer): unknown {
  const body = (type?.startsWith(protobuf) ? decodeObject(bytes) : JSON.parse(bytes.toString())) as {
    metadata?: Body;
    details?: { name?: string };
  };
  const { uid = "", name = "", generateName, ...metadata } = (body.metadata ?? {}) as Record<string, unknown>;
  // A name that was made up is another one each time.
  const made = code >= 300 ? (body.details?.name ?? "").slice(-5) : generateName === undefined ? "" : String(name);
  const blur = (text: string): string => {
    let result = text
      .replace(/\b10\.43\.\d+\.\d+\b/g, "ADDRESS")
      .replace(uuid, "UID")
      .replace(instant, madeNow)
      .replace(madeUp, "kube-api-access-NAMED");
    if (typeof uid === "string" && uid !== "") result = result.replaceAll(uid, "UID");
    return made.length < 5 ? result : result.replaceAll(made, "NAMED");
  };
  delete metadata.creationTimestamp;
  delete metadata.managedFields;
  const clean = { ...body, metadata: { ...metadata, name, generateName }, ...(code >= 300 ? status : {}) };
  const text = JSON.stringify(clean, (key, value: unknown) => {
    if (picked.has(key)) return undefined;
    // Protobuf does not say of what kind an embedded object is.
    if (key === "volumeClaimTemplates") return (value as Body[]).map((claim) => ({ ...claim, ...noKind }));
    return typeof value === "string" ? blur(value) : value;
  });
  return { code, ...shorn(JSON.parse(text) as Body) };
}

/** The same without the order of maps, in which faults are told and shown. */
function gist(answer: BytesAnswer): unknown {
  const body = comparable(answer);
  if (answer.code < 300) return body;
  const { details = {} } = body as { details?: { causes?: readonly { field?: string; message?: string }[] } };
  const causes = (details.causes ?? []).map(
    ({ field = "", message = "" }) => `${field}: ${[...message].sort().join("")}`,
  );
  return { code: answer.code, causes: causes.sort() };
}

const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;
const instant = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

const madeUp = /\bkube-api-access-[a-z0-9]{5}\b/g;

/** Two requests may lie on both sides of a second. */
function madeNow(time: string): string {
  return Math.abs(Date.now() - Date.parse(time)) < 60_000 ? "NOW" : time;
}

const status = { kind: "Status", apiVersion: "v1" };
const noKind = { kind: undefined, apiVersion: undefined };

/** What the server picks. */
const picked = new Set(["nodePort", "healthCheckNodePort"]);

/** Without what protobuf leaves out. */
function shorn(value: Body): Body {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => {
      if (Array.isArray(inner) && inner.length === 0) return undefined;
      if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
      const kept = Object.entries(inner).filter(
        ([, v]) => v !== null && v !== "" && v !== 0 && v !== false && !(typeof v === "object" && isEmpty(v as object)),
      );
      return Object.fromEntries(kept);
    }),
  ) as Body;
}

function isEmpty(value: object): boolean {
  return Object.values(value).every(
    (inner) => inner === null || (typeof inner === "object" && isEmpty(inner as object)),
  );
}

async function brokenProtobuf(ground: Ground): Promise<void> {
  const { one, random, schema, name } = ground;
  const encoded = encodedOf(one.object(name), schema, one);
  const another = random.of(kinds);
  const otherSchema = schemaOf(goNameOfKind(another.apiVersion, another.kind) ?? "");
  const other = encodedOf(another.object(name), otherSchema, another);
  if (encoded === undefined || other === undefined) throw new Broken("a good object has no protobuf form");
  const bytes = mutateBytes(random, encoded, other);
  decodesTheSameTwice(ground, bytes);
  const path = `${one.collection("default")}?dryRun=All`;
  await send(ground, "POST", path, protobuf, bytes, random.chance(50) ? protobuf : json);
}

/** What can be read at all, can be written, and is the same when read again. */
function decodesTheSameTwice(ground: Ground, bytes: Buffer): void {
  ground.sent = bytes;
  ground.path = "decodeObject()";
  let first: Body;
  try {
    first = decodeObject(bytes);
  } catch (error) {
    if (error instanceof ProtobufError) return;
    throw error;
  }
  const { apiVersion, kind } = first as { apiVersion?: string; kind?: string };
  if (goNameOfKind(apiVersion ?? "", kind ?? "") === undefined) return;
  const second = decodeObject(encodeObject(first));
  const third = decodeObject(encodeObject(second));
  if (!isDeepStrictEqual(shorn(second), shorn(third))) {
    throw new Broken(`read again it is another:\n${JSON.stringify(second)}\n${JSON.stringify(third)}`);
  }
}

async function brokenJson(ground: Ground): Promise<void> {
  const { one, random, schema, name } = ground;
  const object = one.object(name);
  if (random.chance(50)) mutateObject(random, object, schema);
  const other = Buffer.from(JSON.stringify(random.of(kinds).object(name)));
  const bytes = mutateBytes(random, Buffer.from(JSON.stringify(object)), other);
  const path = `${one.collection("default")}?dryRun=All&fieldValidation=${random.of(["Strict", "Warn", "Ignore"])}`;
  const type = random.chance(80) ? json : "application/yaml";
  const { code } = await send(ground, "POST", path, type, bytes);
  if (type === json && code < 300 && !isJson(bytes)) throw new Broken("accepted what is no JSON");
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;

/** Any patch of what stands there. */
async function anyPatch(ground: Ground): Promise<void> {
  const { api, one, random, schema } = ground;
  const object = one.object("target");
  const { name } = object.metadata as { name: string };
  const path = `${one.collection("default")}/${name}`;
  const made = await api.post(one.collection("default"), object);
  if (made.code !== 201 && made.code !== 409) throw new Broken(`no target: ${made.text}`);
  const type = random.of(patchTypes);
  const body = Buffer.from(JSON.stringify(patchBody(ground, type, object, schema)));
  const bytes = random.chance(20) ? mutateBytes(random, body, body) : body;
  const query = type.includes("apply") ? "?dryRun=All&fieldManager=fuzz&force=true" : "?dryRun=All";
  await send(ground, "PATCH", `${path}${query}`, type, bytes);
}

function patchBody({ one, random, name }: Ground, type: string, object: Body, schema: Schema): unknown {
  if (type === "application/json-patch+json") {
    return Array.from({ length: 1 + random.below(3) }, () => ({
      op: random.of(["add", "remove", "replace", "move", "copy", "test", "none"]),
      path: pointer(random, object),
      from: pointer(random, object),
      value: random.chance(50) ? sample(random, schema) : random.of([null, 1, "x", {}, []]),
    }));
  }
  const patched = one.object(name);
  mutateObject(random, patched, schema);
  delete patched.metadata;
  if (type === "application/strategic-merge-patch+json" && random.chance(50)) direct(random, patched);
  return patched;
}

function pointer(random: Random, object: unknown): string {
  let path = "";
  for (let at = object; typeof at === "object" && at !== null && !random.chance(20); ) {
    const keys = Object.keys(at).filter((name) => name !== "__proto__");
    if (keys.length === 0) break;
    const key = random.of(keys);
    path += `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    at = (at as Body)[key];
  }
  return random.chance(15) ? `${path}/${random.of(["-", "99", "", "~2", "x", "__proto__", "metadata"])}` : path;
}

/** A directive of strategic merge somewhere. */
function direct(random: Random, object: Body): void {
  let at: Body = object;
  for (let depth = 0; depth < 6; depth++) {
    const inner = Object.values(at).filter((value) => typeof value === "object" && value !== null) as Body[];
    if (inner.length === 0 || random.chance(30)) break;
    at = random.of(inner);
  }
  const value = random.of<unknown>(["replace", "delete", "merge", "x", null, [], ["a"], [{ name: "main" }], {}]);
  const key = random.of(["$patch", "$retainKeys", "$deleteFromPrimitiveList/a", "$setElementOrder/containers"]);
  if (Array.isArray(at)) at.push({ $patch: value });
  else at[key] = value;
}

/** Kept for real: read alike in both forms and in lists; written back it stays what it is. */
async function kept(ground: Ground): Promise<void> {
  const { api, one, random, schema, name } = ground;
  const object = one.object(name);
  const changed = random.chance(70);
  if (changed) mutateObject(random, object, schema);
  // Elsewhere than where the targets are, and what limits others elsewhere than those; and nothing that waits for whoever is not there.
  const namespace = one.kind === "LimitRange" || one.kind === "ResourceQuota" ? "fuzz-limits" : "fuzz";
  const metadata = object.metadata as Body | undefined;
  if (typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)) {
    delete metadata.finalizers;
    delete metadata.namespace;
  }
  // A default for all pods would show in the case beside this one.
  delete object.globalDefault;
  const made = await send(ground, "POST", one.collection(namespace), json, Buffer.from(JSON.stringify(object)));
  if (made.code !== 201) return;
  const created = JSON.parse(made.bytes.toString()) as { metadata: { name: string } };
  const path = `${one.collection(namespace)}/${encodeURIComponent(created.metadata.name)}`;
  const asJson = await askBytes(api, "GET", path, { accept: json });
  const asProtobuf = await askBytes(api, "GET", path, { accept: protobuf });
  const read = JSON.parse(asJson.bytes.toString()) as Body;
  const wire = decodeObject(asProtobuf.bytes);
  const seen = (wire.metadata as { resourceVersion?: string }).resourceVersion;
  // Somebody of the server's own was here in between.
  if (seen !== (read.metadata as { resourceVersion?: string }).resourceVersion) return;
  if (!isDeepStrictEqual(withoutManagers(shorn(read)), withoutManagers(shorn(wire)))) {
    throw new Broken(`GET parts:\n${JSON.stringify(read)}\n${JSON.stringify(wire)}`);
  }
  const put = await send(ground, "PUT", path, protobuf, asProtobuf.bytes);
  // What is strange in a status is looked at when it changes, as in Kubernetes.
  if (put.code === 409 || (changed && put.code === 422)) return;
  const after = JSON.parse(put.bytes.toString()) as { metadata?: { resourceVersion?: string } };
  if (put.code !== 200) throw new Broken(`written back: ${put.bytes.toString().slice(0, 1000)}`);
  // Protobuf spells out what the JSON of a strange object had left away: then it settles with the first write.
  const expected = changed ? after.metadata?.resourceVersion : seen;
  const again = changed
    ? JSON.parse((await send(ground, "PUT", path, protobuf, asProtobuf.bytes)).bytes.toString())
    : after;
  if (
    changed
      ? again.reason !== "Conflict" && again.metadata?.resourceVersion !== expected
      : after.metadata?.resourceVersion !== expected
  ) {
    throw new Broken(`written back it changed:\n${JSON.stringify(read)}\n${JSON.stringify(after)}`);
  }
  const gone = await api.ask("DELETE", path, { body: { gracePeriodSeconds: 0, propagationPolicy: "Background" } });
  if (gone.code !== 200) throw new Broken(`not deleted: ${gone.text}`);
}

/** Without what JSON and protobuf may differ in: the time of managers, and the kinds of embedded objects. */
function withoutManagers(object: Body): Body {
  const { managedFields: _, ...metadata } = object.metadata as Body;
  const text = JSON.stringify({ ...object, metadata }, (key, value: unknown) =>
    key === "volumeClaimTemplates" ? (value as Body[]).map((claim) => ({ ...claim, ...noKind })) : value,
  );
  return JSON.parse(text) as Body;
}
