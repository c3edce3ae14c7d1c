/**
 * EncryptionConfiguration of apiserver.config.k8s.io/v1:
 * https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#understanding-the-encryption-at-rest-configuration
 */
import { aesCbc, aesGcm, type Cipher, type Key } from "./providers.ts";

/** What some resources are written with, and what they can be read with. */
export interface ResourceEncryption {
  /** "secrets", "deployments.apps", "*.apps", "*." for the core group, "*.*" for all. */
  readonly resources: readonly string[];
  /** undefined: they are written as they are (identity comes first). */
  readonly write: Cipher | undefined;
  readonly read: readonly Cipher[];
}

type Fields = Readonly<Record<string, unknown>>;

/** `document`: parsed YAML or JSON. Throws an Error that names the field which is wrong. */
export function parseEncryptionConfiguration(document: unknown): ResourceEncryption[] {
  const { kind, apiVersion, resources } = fields(document, "the file");
  if (kind !== "EncryptionConfiguration" || apiVersion !== "apiserver.config.k8s.io/v1") {
    throw new Error(`expected apiserver.config.k8s.io/v1 EncryptionConfiguration, found ${apiVersion} ${kind}`);
  }
  return list(resources ?? [], "resources").map((item, i) => {
    const { resources: names, providers } = fields(item, `resources[${i}]`);
    const named = list(names ?? [], `resources[${i}].resources`).map(String);
    if (named.length === 0) throw new Error(`resources[${i}].resources: at least one is required`);
    const all = list(providers ?? [], `resources[${i}].providers`).map((provider, j) =>
      ciphersOf(fields(provider, `resources[${i}].providers[${j}]`), `resources[${i}].providers[${j}]`),
    );
    if (all.length === 0) throw new Error(`resources[${i}].providers: at least one is required`);
    return { resources: named, write: all[0]?.[0], read: all.flat() };
  });
}

/** [] for identity. */
function ciphersOf(provider: Fields, at: string): Cipher[] {
  const [name = "", ...more] = Object.keys(provider);
  if (more.length > 0)
    throw new Error(
      `${at}: more than one provider specified in a single element, should split into different list elements`,
    );
  if (name === "identity") return [];
  if (name !== "aesgcm" && name !== "aescbc") {
    throw new Error(`${at}: the provider ${name || "none"} is not supported here; aesgcm, aescbc and identity are`);
  }
  const keys = list(fields(provider[name], `${at}.${name}`).keys ?? [], `${at}.${name}.keys`);
  if (keys.length === 0) throw new Error(`${at}.${name}.keys: at least one is required`);
  return keys.map((key, i) => {
    const read = keyOf(fields(key, `${at}.${name}.keys[${i}]`), `${at}.${name}.keys[${i}]`);
    return name === "aesgcm" ? aesGcm(read) : aesCbc(read);
  });
}

function keyOf({ name, secret }: Fields, at: string): Key {
  if (typeof name !== "string" || name === "" || name.includes(":"))
    throw new Error(`${at}.name: required, without colons`);
  const bytes = Buffer.from(String(secret ?? ""), "base64");
  if (![16, 24, 32].includes(bytes.length)) {
    throw new Error(`${at}.secret: must be 16, 24 or 32 bytes in base64, not ${bytes.length}`);
  }
  return { name, secret: bytes };
}

function fields(value: unknown, at: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`${at}: must hold fields`);
}

function list(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${at}: must be a list`);
}
