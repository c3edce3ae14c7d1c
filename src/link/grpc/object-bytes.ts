/**
 * Objects as JSON bytes, made once for all agents that are told at about the same time. Nothing is kept for long: the
 * informers have the objects already.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";

export interface ObjectBytes {
  readonly json: Buffer;
  /** The resourceVersion, or a hash of the bytes where there is none. */
  readonly version: string;
}

const maxKept = 8 * 1024 * 1024;
const keptFor = 2000;

export class ObjectBytesCache {
  readonly #clock: Clock;
  #young = new Map<KubeObject, ObjectBytes>();
  #old = new Map<KubeObject, ObjectBytes>();
  #size = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bytesOf(object: KubeObject): ObjectBytes {
    const known = this.#young.get(object) ?? this.#old.get(object);
    if (known) return known;
    const json = Buffer.from(JSON.stringify(object));
    const entry = { json, version: object.metadata.resourceVersion ?? hashOf(json) };
    this.#young.set(object, entry);
    this.#size += json.length;
    if (this.#size > maxKept) this.#rotate();
    this.#cancel ??= this.#clock.after(keptFor, () => this.#age());
    return entry;
  }

  /** Without bytes where the object says it itself. */
  versionOf(object: KubeObject): string {
    return object.metadata.resourceVersion ?? this.bytesOf(object).version;
  }

  close(): void {
    this.#cancel?.();
    this.#young.clear();
    this.#old.clear();
  }

  #age(): void {
    this.#cancel = undefined;
    this.#rotate();
    if (this.#old.size > 0) this.#cancel = this.#clock.after(keptFor, () => this.#age());
  }

  #rotate(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#size = 0;
  }
}

function hashOf(json: Buffer): string {
  return createHash("sha256").update(json).digest("base64").slice(0, 22);
}
