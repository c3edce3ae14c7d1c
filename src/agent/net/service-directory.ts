/** The cluster's Services and their EndpointSlices, as the server tells of them: what the rules and the DNS are made of. */
import type { DesiredKind, DesiredStateSink } from "../../../proto/agent.ts";
import { type KubeObject, keyOf } from "../../machinery/meta/object.ts";
import type { Service } from "../../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";

export const directoryKinds: readonly DesiredKind[] = ["services", "endpointslices"];

const serviceNameLabel = "kubernetes.io/service-name";

/** A Service that the node itself knows better than the cluster does: its own DNS, and where it finds the API server. */
export interface BuiltinService {
  /** Absent: the cluster's own object. */
  readonly service?: Service;
  readonly slices: readonly EndpointSlice[];
}

export interface DirectoryListener {
  /** The Service or its slices changed, or it is gone; "namespace/name". */
  changed(serviceKey: string): void;
  /** The picture is complete (again). */
  synced(): void;
}

export class ServiceDirectory implements DesiredStateSink {
  readonly #services = new Map<string, Service>();
  readonly #builtin = new Map<string, BuiltinService>();
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #ownerOfSlice = new Map<string, string>();
  readonly #listeners = new Set<DirectoryListener>();
  /** What was known before a reset and has not been told again yet. */
  #untold: Set<string> | undefined;
  #synced = false;
  #version = 0;

  get isSynced(): boolean {
    return this.#synced;
  }

  /** Raised with every change. */
  get version(): number {
    return this.#version;
  }

  listen(listener: DirectoryListener): void {
    this.#listeners.add(listener);
  }

  /** `key`: "namespace/name". It stays, whatever the server tells of a Service of that name. */
  setBuiltin(key: string, builtin: BuiltinService): void {
    this.#builtin.set(key, builtin);
    this.#changed(key);
  }

  service(key: string): Service | undefined {
    return this.#builtin.get(key)?.service ?? this.#services.get(key);
  }

  *services(): Iterable<[string, Service]> {
    for (const [key, { service }] of this.#builtin) if (service) yield [key, service];
    for (const entry of this.#services) if (!this.#builtin.get(entry[0])?.service) yield entry;
  }

  slices(serviceKey: string): readonly EndpointSlice[] {
    const builtin = this.#builtin.get(serviceKey);
    if (builtin) return builtin.slices;
    const slices = this.#slices.get(serviceKey);
    return slices ? [...slices.values()] : [];
  }

  /** Keys of Services that have slices, whether or not the Services themselves are known. */
  withSlices(): Iterable<string> {
    return this.#slices.keys();
  }

  reset(): void {
    this.#untold = new Set([
      ...[...this.#services.keys()].map((key) => `services ${key}`),
      ...[...this.#ownerOfSlice.keys()].map((key) => `endpointslices ${key}`),
    ]);
  }

  set(kind: DesiredKind, object: KubeObject): void {
    const key = keyOf(object);
    this.#untold?.delete(`${kind} ${key}`);
    if (kind === "services") {
      if (isSame(this.#services.get(key), object)) return;
      this.#services.set(key, object as Service);
      this.#changed(key);
    } else if (kind === "endpointslices") this.#setSlice(key, object as EndpointSlice);
  }

  remove(kind: DesiredKind, { namespace, name }: { readonly namespace: string; readonly name: string }): void {
    this.#remove(kind, `${namespace}/${name}`);
  }

  synced(): void {
    const untold = this.#untold;
    this.#untold = undefined;
    for (const entry of untold ?? []) {
      const [kind, key = ""] = entry.split(" ");
      this.#remove(kind as DesiredKind, key);
    }
    this.#synced = true;
    for (const listener of this.#listeners) listener.synced();
  }

  #setSlice(key: string, slice: EndpointSlice): void {
    const name = slice.metadata.labels?.[serviceNameLabel];
    const owner = name === undefined ? undefined : `${slice.metadata.namespace}/${name}`;
    const before = this.#ownerOfSlice.get(key);
    if (before !== undefined && before !== owner) this.#remove("endpointslices", key);
    if (owner === undefined) return;
    let slices = this.#slices.get(owner);
    if (!slices) {
      slices = new Map();
      this.#slices.set(owner, slices);
    }
    if (isSame(slices.get(key), slice)) return;
    slices.set(key, slice);
    this.#ownerOfSlice.set(key, owner);
    this.#changed(owner);
  }

  #remove(kind: DesiredKind, key: string): void {
    if (kind === "services") {
      if (this.#services.delete(key)) this.#changed(key);
      return;
    }
    const owner = this.#ownerOfSlice.get(key);
    if (owner === undefined) return;
    this.#ownerOfSlice.delete(key);
    const slices = this.#slices.get(owner);
    slices?.delete(key);
    if (slices?.size === 0) this.#slices.delete(owner);
    this.#changed(owner);
  }

  #changed(serviceKey: string): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener.changed(serviceKey);
  }
}

/** Told again after a break, and nothing happened in between. */
function isSame(known: KubeObject | undefined, told: KubeObject): boolean {
  const { uid, resourceVersion } = told.metadata;
  return (
    known !== undefined &&
    resourceVersion !== undefined &&
    known.metadata.resourceVersion === resourceVersion &&
    known.metadata.uid === uid
  );
}
