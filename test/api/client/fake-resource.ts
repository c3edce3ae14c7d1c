/** One kind, in one namespace, of the fake API server: the verbs and their rules. */
import type {
  DeleteOptions,
  ListOptions,
  ObjectList,
  PatchBody,
  ResourceClient,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../../../src/api/client/types.ts";
import type { Clock } from "../../../src/machinery/clock.ts";
import type { KubeObject } from "../../../src/machinery/meta/object.ts";
import { failure, type StatusError } from "../../../src/machinery/status/error.ts";
import type { Binding, Pod } from "../../../src/machinery/types/core/v1.ts";
import type { FakeCluster, Verb } from "./fake-client.ts";
import { applyPatch } from "./fake-patch.ts";
import { matchesSelectors } from "./fake-selectors.ts";

const withStatus = new Set(
  "pods nodes services namespaces replicationcontrollers deployments.apps replicasets.apps statefulsets.apps daemonsets.apps jobs.batch cronjobs.batch".split(
    " ",
  ),
);
const clusterScoped = new Set("nodes namespaces persistentvolumes priorityclasses.scheduling.k8s.io".split(" "));

export class FakeResource<T extends KubeObject> implements ResourceClient<T> {
  readonly #cluster: FakeCluster;
  readonly #table: string;
  readonly #namespace: string;

  constructor(cluster: FakeCluster, table: string, namespace: string) {
    this.#cluster = cluster;
    this.#table = table;
    this.#namespace = namespace;
  }

  async get(name: string): Promise<T> {
    await this.#admit("get", name);
    return this.#find(name);
  }

  async list(options: ListOptions = {}): Promise<ObjectList<T>> {
    await this.#admit("list", "");
    return { items: this.#matching(options), metadata: { resourceVersion: String(this.#cluster.revision) } };
  }

  async create(object: T, options: WriteOptions = {}): Promise<T> {
    const name = object.metadata.name ?? `${object.metadata.generateName}${Math.random().toString(36).slice(2, 7)}`;
    await this.#admit("create", name, "", object);
    const scope = clusterScoped.has(this.#table) ? {} : { namespace: this.#namespace };
    if (object.metadata.namespace && object.metadata.namespace !== this.#namespace) {
      throw failure(
        400,
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request",
      );
    }
    if (this.#cluster.table(this.#table).has(keyIn(this.#namespace, name))) {
      throw failure(409, "AlreadyExists", `${this.#table} "${name}" already exists`, { name, kind: this.#table });
    }
    const { status: _, ...bare } = object as T & { status?: unknown };
    const kept = (withStatus.has(this.#table) ? bare : object) as T;
    const metadata = { ...object.metadata, ...scope, name, uid: this.#cluster.nextUid(), generation: 1 };
    const created = { ...kept, metadata };
    return options.dryRun ? created : (this.#cluster.commit(this.#table, created) as T);
  }

  async update(object: T, options: WriteOptions & { readonly subresource?: string } = {}): Promise<T> {
    const name = `${object.metadata.name}`;
    await this.#admit("update", name, options.subresource, object);
    return this.#write(name, object, options);
  }

  updateStatus(object: T, options: WriteOptions = {}): Promise<T> {
    return this.update(object, { ...options, subresource: "status" });
  }

  async patch(
    name: string,
    patch: PatchBody,
    options: WriteOptions & { readonly subresource?: string } = {},
  ): Promise<T> {
    await this.#admit("patch", name, options.subresource, patch);
    const current = this.#find(name);
    const next = applyPatch(structuredClone(current), patch) as T;
    if (next.metadata.uid !== current.metadata.uid) throw conflict(this.#table, name, "Precondition failed: UID");
    return this.#write(name, next, options);
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<T> {
    await this.#admit("delete", name, "", options);
    return this.#delete(this.#find(name), options);
  }

  async deleteCollection(list: ListOptions = {}, options: DeleteOptions = {}): Promise<void> {
    await this.#admit("deletecollection", "");
    for (const object of this.#matching(list)) this.#delete(object, options);
  }

  async createSubresource<B extends object, R = unknown>(name: string, subresource: string, body: B): Promise<R> {
    await this.#admit("create", name, subresource, body);
    const current = this.#find(name);
    if (this.#table !== "pods" || subresource !== "binding") {
      throw failure(404, "NotFound", "the server could not find the requested resource");
    }
    const pod = current as unknown as Pod;
    const { target, metadata } = body as unknown as Binding;
    if (metadata.uid && metadata.uid !== pod.metadata.uid)
      throw conflict(this.#table, name, "Precondition failed: UID");
    if (pod.metadata.deletionTimestamp) {
      throw conflict(this.#table, name, `pod ${name} is being deleted, cannot be assigned to a host`);
    }
    if (pod.spec?.nodeName) {
      throw conflict(this.#table, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
    }
    const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
    const scheduled = { type: "PodScheduled", status: "True", lastTransitionTime: timestamp(this.#cluster.clock) };
    this.#cluster.commit(this.#table, {
      ...pod,
      spec: { ...pod.spec, nodeName: target.name },
      status: { ...pod.status, conditions: [...others, scheduled] },
    } as KubeObject);
    return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } as R;
  }

  async *watch(options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    await this.#admit("watch", "");
    yield* this.#cluster.watch(this.#table, this.#namespace, options) as AsyncGenerator<WatchEvent<T>>;
  }

  #admit(verb: Verb, name: string, subresource = "", body?: object): Promise<void> {
    const call = { verb, resource: this.#table, namespace: this.#namespace, name, subresource };
    return this.#cluster.admit(body ? { ...call, body } : call);
  }

  #find(name: string): T {
    const object = this.#cluster.table(this.#table).get(keyIn(this.#namespace, name));
    if (!object) throw failure(404, "NotFound", `${this.#table} "${name}" not found`, { name, kind: this.#table });
    return object as T;
  }

  #matching(options: ListOptions): T[] {
    const objects = [...this.#cluster.table(this.#table).values()] as T[];
    return objects.filter(
      (object) =>
        (this.#namespace === "" || object.metadata.namespace === this.#namespace) && matchesSelectors(object, options),
    );
  }

  #write(name: string, object: T, options: WriteOptions & { readonly subresource?: string }): T {
    const current = this.#find(name) as T & { spec?: unknown; status?: unknown };
    const { resourceVersion, uid } = object.metadata;
    if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(
        this.#table,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
      );
    }
    if (uid && uid !== current.metadata.uid) throw conflict(this.#table, name, "Precondition failed: UID");
    const { creationTimestamp, deletionTimestamp, generation = 1 } = current.metadata;
    const kept = {
      uid: current.metadata.uid,
      creationTimestamp,
      ...(deletionTimestamp ? { deletionTimestamp } : {}),
    };
    let next = { ...object, metadata: { ...object.metadata, ...kept, generation } } as typeof current;
    if (options.subresource === "status") next = { ...current, status: next.status };
    else if (withStatus.has(this.#table)) {
      next = { ...next, status: current.status };
      if (JSON.stringify(next.spec) !== JSON.stringify(current.spec)) next.metadata.generation = generation + 1;
    }
    if (options.dryRun) return next;
    if (deletionTimestamp && (next.metadata.finalizers ?? []).length === 0 && !graceful(this.#table, current)) {
      return this.#cluster.erase(this.#table, next) as T;
    }
    next.metadata = { ...next.metadata, ...(resourceVersion ? { resourceVersion } : {}) };
    if (sameButForVersion(next, current)) return current;
    return this.#cluster.commit(this.#table, next) as T;
  }

  #delete(object: T, options: DeleteOptions): T {
    const { uid, resourceVersion } = options.preconditions ?? {};
    const name = `${object.metadata.name}`;
    if (uid && uid !== object.metadata.uid) throw conflict(this.#table, name, "Precondition failed: UID");
    if (resourceVersion && resourceVersion !== object.metadata.resourceVersion) {
      throw conflict(this.#table, name, "Precondition failed: ResourceVersion");
    }
    if (options.dryRun) return object;
    const finalizers = object.metadata.finalizers ?? [];
    const waits = finalizers.length > 0 || (options.gracePeriodSeconds !== 0 && graceful(this.#table, object));
    if (!waits) return this.#cluster.erase(this.#table, object) as T;
    if (object.metadata.deletionTimestamp) return object;
    const deletionTimestamp = timestamp(this.#cluster.clock);
    const deletionGracePeriodSeconds = options.gracePeriodSeconds ?? 30;
    const metadata = { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds };
    return this.#cluster.commit(this.#table, { ...object, metadata }) as T;
  }
}

/** A pod that a node may be running ends only when its node says so. */
function graceful(table: string, object: KubeObject): boolean {
  if (table !== "pods") return false;
  const { spec, status } = object as Pod;
  return !!spec?.nodeName && status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

function sameButForVersion(a: KubeObject, b: KubeObject): boolean {
  const plain = (object: KubeObject): string =>
    JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: "" } }, sortedKeys);
  return plain(a) === plain(b);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function keyIn(namespace: string | undefined, name: string | undefined): string {
  return namespace ? `${namespace}/${name}` : `${name}`;
}

export function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
}

function conflict(table: string, name: string, why: string): StatusError {
  return failure(409, "Conflict", `Operation cannot be fulfilled on ${table} "${name}": ${why}`, { name, kind: table });
}
