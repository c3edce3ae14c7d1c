/**
 * What is encrypted at rest and with which keys; the server's own keys are made, kept in a file of the data dir and changed
 * here. History keeps values as they were written, so that a key that was replaced is kept for reading until the history that
 * needs it is compacted away.
 */
import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { ConflictError, KeyNotFoundError, type Store } from "../../store/types.ts";
import { parseEncryptionConfiguration, type ResourceEncryption } from "./configuration.ts";
import { EncryptedStore, type Sealing } from "./encrypted-store.ts";
import { isSealed, open, seal, sealOf } from "./envelope.ts";
import type { Cipher } from "./providers.ts";

export interface EncryptionOptions {
  /** Of the server's own keys: JSON, an EncryptionConfiguration. */
  readonly file: string;
  /** Parsed --encryption-provider-config: the keys are the user's, and only he changes them. */
  readonly given?: unknown;
  /** Encrypt Secrets, with a key that is made where there is none. */
  readonly enabled: boolean;
  /** How long history is kept, in ms. */
  readonly historyWindow: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface EncryptionStatus {
  readonly enabled: boolean;
  /** Where the keys are. */
  readonly file: string;
  readonly managed: boolean;
  /** "aesgcm:key-1" */
  readonly active?: string;
  readonly keys: readonly string[];
  /** Stored values by what they are sealed with; "identity": not at all. */
  readonly values: Readonly<Record<string, number>>;
  readonly reencrypting: boolean;
}

interface OwnKey {
  readonly name: string;
  readonly secret: string;
  /** When nothing was left that is sealed with it, in ms since the epoch. */
  readonly replaced?: number;
}

const secretsPrefix = "/registry/secrets/";
const pageSize = 500;
const revisionKey = Buffer.from('"metadata":{"resourceVersion":"');
const quote = 0x22;

export class SecretsEncryption implements Sealing {
  readonly #options: EncryptionOptions;
  #inner: Store | undefined;
  #resources: readonly ResourceEncryption[] = [];
  #prefixes: readonly string[] = [secretsPrefix];
  readers: readonly Cipher[] = [];
  #own: OwnKey[] = [];
  #running: Promise<void> | undefined;

  private constructor(options: EncryptionOptions) {
    this.#options = options;
  }

  /** Reads the keys, or makes one. Throws an Error that says what is wrong with the configuration. */
  static async create(options: EncryptionOptions): Promise<SecretsEncryption> {
    const encryption = new SecretsEncryption(options);
    encryption.#own = await readKeys(options.file);
    if (options.given === undefined && options.enabled && encryption.#own.length === 0) await encryption.#addKey();
    encryption.#settle();
    return encryption;
  }

  get prefixes(): readonly string[] {
    return this.#prefixes;
  }

  writer(key: string): Cipher | undefined {
    for (const { resources, write } of this.#resources) {
      if (resources.some((resource) => covers(resource, key))) return write;
    }
    return undefined;
  }

  /** The store as the pipeline sees it. */
  over(store: Store): Store {
    this.#inner = store;
    return new EncryptedStore(store, this);
  }

  async status(): Promise<EncryptionStatus> {
    const values: Record<string, number> = {};
    for (const prefix of this.#prefixes) {
      for await (const { value } of this.#entries(prefix)) {
        const seal = sealOf(value) ?? "identity";
        values[seal] = (values[seal] ?? 0) + 1;
      }
    }
    const active = this.#resources.find(({ write }) => write !== undefined)?.write;
    return {
      enabled: active !== undefined,
      file: this.#options.file,
      managed: this.#options.given === undefined,
      ...(active === undefined ? {} : { active: nameOf(active) }),
      keys: this.readers.map(nameOf),
      values,
      reencrypting: this.#running !== undefined,
    };
  }

  /** Makes a key where there is none, and encrypts what is there. */
  async enable(): Promise<void> {
    this.#checkManaged();
    if (this.#own.length === 0) await this.#addKey();
    this.#settle();
    await this.reencrypt();
  }

  /** A new key for everything; the old ones are for reading alone from now on. */
  async rotate(): Promise<void> {
    this.#checkManaged();
    if (this.#own.length === 0) throw new Error("secrets are not encrypted: enable it first");
    const before = this.#options.clock.now() - this.#options.historyWindow;
    this.#own = this.#own.filter(({ replaced }) => replaced === undefined || replaced > before);
    await this.#addKey();
    this.#settle();
    await this.reencrypt();
    const now = this.#options.clock.now();
    this.#own = this.#own.map((key, i) => (i === 0 || key.replaced !== undefined ? key : { ...key, replaced: now }));
    await this.#save();
  }

  /** Writes every value that is not sealed as it should be. One at a time; who asks meanwhile waits for the same. */
  reencrypt(): Promise<void> {
    this.#running ??= this.#reencrypt().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #reencrypt(): Promise<void> {
    for (const prefix of this.#prefixes) {
      for await (const { key, value, modRevision } of this.#entries(prefix)) {
        const cipher = this.writer(key);
        if (sealOf(value) === (cipher && nameOf(cipher))) continue;
        const template = isSealed(value) ? open(value, this.readers, key).template : templateOf(value);
        try {
          await this.#store.update(key, cipher === undefined ? template : seal(template, cipher, key), modRevision);
        } catch (error) {
          // Somebody has written it meanwhile, and so with the right key.
          if (!(error instanceof ConflictError || error instanceof KeyNotFoundError)) throw error;
        }
      }
    }
    this.#options.log.info({ prefixes: this.#prefixes }, "the store is encrypted with the active key");
  }

  async *#entries(prefix: string) {
    let after = "";
    for (;;) {
      const page = await this.#store.list({ prefix, limit: pageSize, ...(after === "" ? {} : { after }) });
      yield* page.entries;
      after = page.entries.at(-1)?.key ?? "";
      if (!page.more || after === "") return;
    }
  }

  get #store(): Store {
    if (this.#inner === undefined) throw new Error("there is no store yet");
    return this.#inner;
  }

  #checkManaged(): void {
    if (this.#options.given === undefined) return;
    throw new Error("the keys are in the file of --encryption-provider-config: change them there and restart");
  }

  async #addKey(): Promise<void> {
    const { clock } = this.#options;
    const name = `key-${new Date(clock.now()).toISOString().replaceAll(":", "-")}`;
    this.#own = [{ name, secret: randomBytes(32).toString("base64") }, ...this.#own];
    await this.#save();
  }

  /** In place at once: a half of a key file would be the loss of everything that is sealed with it. */
  async #save(): Promise<void> {
    const { file } = this.#options;
    const part = `${file}.${process.pid}`;
    await writeFile(part, `${JSON.stringify(configurationOf(this.#own), undefined, 2)}\n`, {
      mode: 0o600,
      flush: true,
    });
    await rename(part, file);
  }

  #settle(): void {
    const { given } = this.#options;
    const own = this.#own.length === 0 ? [] : parseEncryptionConfiguration(configurationOf(this.#own));
    this.#resources = given === undefined ? own : parseEncryptionConfiguration(given);
    this.readers = [...this.#resources, ...(given === undefined ? [] : own)].flatMap(({ read }) => read);
    const named = this.#resources.flatMap(({ resources }) => resources).flatMap(prefixesOf);
    this.#prefixes = [...new Set([secretsPrefix, ...named])];
  }
}

function configurationOf(keys: readonly OwnKey[]): object {
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ aesgcm: { keys } }, { identity: {} }] }],
  };
}

async function readKeys(file: string): Promise<OwnKey[]> {
  try {
    const { resources } = JSON.parse(await readFile(file, "utf8")) as {
      readonly resources: readonly {
        readonly providers: readonly { readonly aesgcm?: { readonly keys: OwnKey[] } }[];
      }[];
    };
    return resources[0]?.providers[0]?.aesgcm?.keys ?? [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

function nameOf({ provider, key }: Cipher): string {
  return `${provider}:${key.name}`;
}

/** Kinds of the core group lie under their plural, those of others under the same, or under group and plural where CRDs. */
function prefixesOf(resource: string): string[] {
  if (resource.startsWith("*.")) return ["/registry/"];
  const [plural = "", ...group] = resource.split(".");
  const custom = group.length === 0 ? [] : [`/registry/${group.join(".")}/${plural}/`];
  return [`/registry/${plural}/`, ...custom];
}

function covers(resource: string, key: string): boolean {
  return prefixesOf(resource).some((prefix) => key.startsWith(prefix));
}

/** A plain stored value without its revision. */
function templateOf(value: Buffer): { readonly bytes: Buffer; readonly slot: number } {
  const slot = value.indexOf(revisionKey) + revisionKey.length;
  const end = value.indexOf(quote, slot);
  return { bytes: Buffer.concat([value.subarray(0, slot), value.subarray(end)]), slot };
}
