/** Values that lie encrypted on the disk: what clients see is the same, what is in the file is not. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseEncryptionConfiguration } from "../../../src/api/encryption/configuration.ts";
import { isSealed, open, seal, stamped } from "../../../src/api/encryption/envelope.ts";
import { aesCbc, aesGcm } from "../../../src/api/encryption/providers.ts";
import { SecretsEncryption } from "../../../src/api/encryption/secrets-encryption.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { openSqliteStore } from "../../../src/store/sqlite/open.ts";
import type { Store } from "../../../src/store/types.ts";
import { type Fixture, startApi } from "../fixture.ts";

const docs = "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/";
const secrets = "/api/v1/namespaces/default/secrets";
const plainText = "correct-horse-battery-staple";
const inBase64 = Buffer.from(plainText).toString("base64");

let home: string;
let running: { readonly api: Fixture; readonly store: Store; readonly encryption: SecretsEncryption } | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "kl-encryption-"));
});
afterEach(async () => {
  await stop();
  await rm(home, { recursive: true });
});

async function start(enabled: boolean, given?: unknown): Promise<{ api: Fixture; encryption: SecretsEncryption }> {
  const encryption = await SecretsEncryption.create({
    file: join(home, "encryption.json"),
    given,
    enabled,
    historyWindow: 3_600_000,
    clock: systemClock,
    log: silentLogger,
  });
  const files = await openSqliteStore({ file: join(home, "state.db"), log: () => undefined });
  const store = encryption.over(files);
  const api = await startApi({ store, encryption });
  running = { api, store, encryption };
  return { api, encryption };
}

async function stop(): Promise<void> {
  await running?.api.close();
  running = undefined;
}

function secret(name: string): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData: { password: plainText } };
}

/** Whether anything in the data dir holds the text. */
async function onDisk(text: string): Promise<boolean> {
  for (const name of await readdir(home)) {
    if (name.startsWith("state.db") && (await readFile(join(home, name))).includes(text)) return true;
  }
  return false;
}

describe("on the disk", () => {
  test(`nothing of a Secret can be read, and clients notice nothing (see ${docs}#verifying-that-data-is-encrypted)`, async () => {
    const { api } = await start(true);
    const made = await api.post(secrets, secret("one"));
    expect(made.code).toBe(201);
    const got = await api.get(`${secrets}/one`);
    expect(got.text).toBe(made.text);
    expect(got.body.data.password).toBe(inBase64);
    const headers = { "content-type": "application/merge-patch+json" };
    const patched = await api.ask("PATCH", `${secrets}/one`, {
      headers,
      body: JSON.stringify({ metadata: { labels: { a: "b" } } }),
    });
    expect(patched.code).toBe(200);
    expect(Number(patched.body.metadata.resourceVersion)).toBeGreaterThan(Number(made.body.metadata.resourceVersion));
    expect((await api.get(secrets)).body.items[0].metadata.labels).toEqual({ a: "b" });
    const events = (
      await api.get(`${secrets}?watch=true&resourceVersion=${made.body.metadata.resourceVersion}&timeoutSeconds=1`)
    ).text;
    expect(JSON.parse(events.split("\n")[0] ?? "")).toMatchObject({
      type: "MODIFIED",
      object: { metadata: { labels: { a: "b" } } },
    });
    const deleted = await api.ask("DELETE", `${secrets}/one`);
    expect(deleted.code).toBe(200);
    await api.post(secrets, secret("two"));
    await api.post("/api/v1/namespaces/default/configmaps", {
      metadata: { name: "c" },
      data: { a: "readable-all-the-same" },
    });
    await stop();
    expect(await onDisk(plainText)).toBe(false);
    expect(await onDisk(inBase64)).toBe(false);
    expect(await onDisk("k8s:enc:aesgcm:v1:")).toBe(true);
    expect(await onDisk("readable-all-the-same")).toBe(true);
    const again = await start(true);
    expect((await again.api.get(`${secrets}/two`)).body.data.password).toBe(inBase64);
  });

  test(`what was there before is encrypted when that is asked for (see ${docs}#ensure-all-secrets-are-encrypted)`, async () => {
    const { api, encryption } = await start(false);
    const { body } = await api.post(secrets, secret("old"));
    expect(await encryption.status()).toMatchObject({ enabled: false, keys: [], values: { identity: 1 } });
    const { code, body: status } = await api.post("/secrets-encrypt", { action: "enable" });
    expect(code).toBe(200);
    expect(status).toMatchObject({ enabled: true, values: { [status.active]: 1 } });
    const after = (await api.get(`${secrets}/old`)).body;
    expect(after.data).toEqual(body.data);
    expect(after.metadata).toEqual({ ...body.metadata, resourceVersion: after.metadata.resourceVersion });
  });

  test(`a key is replaced, and the old one still reads history (see ${docs}#rotating-a-decryption-key)`, async () => {
    const { api } = await start(true);
    for (let i = 0; i < 20; i++) await api.post(secrets, secret(`s-${i}`));
    const before = (await api.get("/secrets-encrypt")).body;
    const { resourceVersion } = (await api.get(secrets)).body.metadata;
    const { body: status } = await api.post("/secrets-encrypt", { action: "rotate" });
    expect(status.active).not.toBe(before.active);
    expect(status.values).toEqual({ [status.active]: 20 });
    expect(status.keys).toEqual([status.active, before.active]);
    const old = await api.get(`${secrets}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
    expect(old.body.items).toHaveLength(20);
    expect(old.body.items[7].data.password).toBe(inBase64);
    await stop();
    const again = await start(true);
    expect((await again.api.get(secrets)).body.items).toHaveLength(20);
    expect((await again.encryption.status()).values).toEqual({ [status.active]: 20 });
  });

  test(`without its key a value is not given out as something else (see ${docs})`, async () => {
    const { api } = await start(true);
    await api.post(secrets, secret("lost"));
    await stop();
    await rm(join(home, "encryption.json"));
    const again = await start(false);
    const { code, body } = await again.api.get(`${secrets}/lost`);
    expect(code).toBe(500);
    expect(body.message).toContain("no key");
  });

  test(`only who may sees the keys' names (see ${docs})`, async () => {
    const { api } = await start(true);
    const identity = await api.certificates.client("nobody", []);
    expect((await api.ask("GET", "/secrets-encrypt", { identity })).code).toBe(403);
    const { text } = await api.get("/secrets-encrypt");
    const { resources } = JSON.parse(await readFile(join(home, "encryption.json"), "utf8"));
    expect(text).not.toContain(resources[0].providers[0].aesgcm.keys[0].secret);
  });
});

describe("a given configuration", () => {
  const keyOf = (name: string, byte: number) => ({ name, secret: Buffer.alloc(32, byte).toString("base64") });
  const configuration = (providers: readonly object[], resources: readonly string[] = ["secrets", "configmaps"]) => ({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources, providers }],
  });

  test.each(["aesgcm", "aescbc"])(`%s, and back to identity (see ${docs}#providers)`, async (provider) => {
    const sealed = { [provider]: { keys: [keyOf("k", 7)] } };
    const { api } = await start(false, configuration([sealed, { identity: {} }]));
    await api.post("/api/v1/namespaces/default/configmaps", { metadata: { name: "c" }, data: { a: plainText } });
    await stop();
    expect(await onDisk(plainText)).toBe(false);
    const again = await start(false, configuration([{ identity: {} }, sealed]));
    expect((await again.api.get("/api/v1/namespaces/default/configmaps/c")).body.data.a).toBe(plainText);
    const { code, body } = await again.api.post("/secrets-encrypt", { action: "rotate" });
    expect([code, body.message]).toEqual([
      400,
      "the keys are in the file of --encryption-provider-config: change them there and restart",
    ]);
    await again.api.post("/secrets-encrypt", { action: "reencrypt" });
    expect(Object.keys((await again.encryption.status()).values)).toEqual(["identity"]);
    await stop();
    expect(await onDisk(plainText)).toBe(true);
  });

  test.each([
    ["kms", configuration([{ kms: { name: "x" } }]), "the provider kms is not supported here"],
    [
      "a short key",
      configuration([{ aesgcm: { keys: [{ name: "k", secret: "YWJj" }] } }]),
      "must be 16, 24 or 32 bytes",
    ],
    ["no providers", configuration([]), "providers: at least one is required"],
    ["two in one", configuration([{ identity: {}, aesgcm: {} }]), "more than one provider specified"],
    ["another kind", { kind: "Policy" }, "expected apiserver.config.k8s.io/v1 EncryptionConfiguration"],
  ])(`%s is refused (see ${docs}#understanding-the-encryption-at-rest-configuration)`, (_what, document, message) => {
    expect(() => parseEncryptionConfiguration(document)).toThrow(message);
  });
});

test("whatever is sealed comes back with its revision in its place, and nowhere else than where it belongs", () => {
  const ciphers = [
    aesGcm({ name: "a", secret: Buffer.alloc(32, 1) }),
    aesCbc({ name: "b", secret: Buffer.alloc(32, 2) }),
  ];
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), fc.nat(), fc.boolean(), (bytes, at, revision, first) => {
      const template = { bytes, slot: at % (bytes.length + 1) };
      const cipher = ciphers[first ? 0 : 1] as (typeof ciphers)[number];
      const sealed = seal(template, cipher, "/registry/secrets/a/b");
      const stored = stamped(sealed.bytes, sealed.slot, String(revision));
      expect(isSealed(stored)).toBe(true);
      const opened = open(stored, ciphers, "/registry/secrets/a/b");
      expect(opened.value).toEqual(stamped(bytes, template.slot, String(revision)));
      if (first) expect(() => open(stored, ciphers, "/registry/secrets/a/c")).toThrow();
    }),
  );
});
