/** The client that needs no socket: the same verbs, the same checks, objects instead of text. */
import type { Verb } from "../../machinery/kinds/types.ts";
import type { GroupVersionResource, KubeObject } from "../../machinery/meta/object.ts";
import { accessDenied, methodNotSupported, noSuchResource } from "../../machinery/status/errors.ts";
import type { Authorizer } from "../authz/types.ts";
import { create } from "../pipeline/create.ts";
import { deleteParameters, remove } from "../pipeline/delete.ts";
import { deleteCollection } from "../pipeline/deletecollection.ts";
import { get } from "../pipeline/get.ts";
import { type ListParameters, list } from "../pipeline/list.ts";
import { patch } from "../pipeline/patch.ts";
import { patchScale, updateScale } from "../pipeline/scale.ts";
import { selectionOf } from "../pipeline/selection.ts";
import type { Call, Outcome, Pipeline, WriteParameters } from "../pipeline/types.ts";
import { update } from "../pipeline/update.ts";
import type { Resource } from "../registry/resource.ts";
import { watchObjects } from "./in-process-watch.ts";
import type {
  Client,
  DeleteOptions,
  ListOptions,
  ObjectList,
  PatchBody,
  ResourceClient,
  UserInfo,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./types.ts";

export interface InProcessOptions {
  readonly pipeline: Pipeline;
  readonly authorizer: Authorizer;
  /** Resolved when the server's own objects are there; asked before every request. undefined: it is long done. */
  readonly started: () => Promise<void> | undefined;
}

export function inProcessClient(options: InProcessOptions, user: UserInfo): Client {
  return {
    resource: <T extends KubeObject>(gvr: GroupVersionResource, namespace = "") =>
      new InProcessResource<T>(options, user, gvr, namespace),
    as: (other) => inProcessClient(options, other),
  };
}

class InProcessResource<T extends KubeObject> implements ResourceClient<T> {
  readonly #options: InProcessOptions;
  readonly #user: UserInfo;
  readonly #gvr: GroupVersionResource;
  readonly #namespace: string;

  constructor(options: InProcessOptions, user: UserInfo, gvr: GroupVersionResource, namespace: string) {
    this.#options = options;
    this.#user = user;
    this.#gvr = gvr;
    this.#namespace = namespace;
  }

  async get(name: string, options: { readonly resourceVersion?: string } = {}): Promise<T> {
    const call = await this.#begin("get", name);
    return objectOf<T>(await get(this.#pipeline, call, options.resourceVersion));
  }

  async list(options: ListOptions = {}): Promise<ObjectList<T>> {
    const call = await this.#begin("list", "");
    const page = await list(this.#pipeline, call, listParameters(call.resource, options));
    return {
      items: page.entries.map(({ value }) => call.resource.objectOf(value) as KubeObject as T),
      metadata: {
        resourceVersion: String(page.revision),
        ...(page.continue === undefined ? {} : { continue: page.continue }),
        ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
      },
    };
  }

  async create(object: T, options?: WriteOptions): Promise<T> {
    const call = await this.#begin("create", "", "", object.metadata.namespace);
    return objectOf<T>(await create(this.#pipeline, call, { object }, write(options)));
  }

  async update(object: T, options: WriteOptions & { readonly subresource?: string } = {}): Promise<T> {
    const { name = "", namespace } = object.metadata;
    const { subresource = "" } = options;
    const call = await this.#begin("update", name, subresource, namespace);
    const { pipeline } = this.#options;
    if (subresource === "scale") return objectOf<T>(await updateScale(pipeline, call, object, write(options)));
    const hook = this.#hook(call);
    if (hook) return objectOf<T>(await hook.run(pipeline, call, object, write(options)));
    return objectOf<T>(await update(pipeline, call, { object }, write(options)));
  }

  updateStatus(object: T, options: WriteOptions = {}): Promise<T> {
    return this.update(object, { ...options, subresource: "status" });
  }

  async patch(
    name: string,
    body: PatchBody,
    options: WriteOptions & { readonly subresource?: string } = {},
  ): Promise<T> {
    const call = await this.#begin("patch", name, options.subresource);
    const run = options.subresource === "scale" ? patchScale : patch;
    return objectOf<T>(await run(this.#pipeline, call, body, write(options)));
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<T> {
    const call = await this.#begin("delete", name);
    return objectOf<T>(await remove(this.#pipeline, call, deletion(options)));
  }

  async deleteCollection(listOptions: ListOptions = {}, options: DeleteOptions = {}): Promise<void> {
    const call = await this.#begin("deletecollection", "");
    await deleteCollection(this.#pipeline, call, listParameters(call.resource, listOptions), deletion(options));
  }

  async createSubresource<B extends object, R = unknown>(
    name: string,
    subresource: string,
    body: B,
    options?: WriteOptions,
  ): Promise<R> {
    const call = await this.#begin("create", name, subresource);
    const hook = this.#hook(call);
    if (hook === undefined) throw noSuchResource();
    return (await hook.run(this.#pipeline, call, body, write(options))).object as R;
  }

  async *watch(options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const call = await this.#begin("watch", "");
    yield* watchObjects<T>(this.#pipeline, call, options);
  }

  get #pipeline(): Pipeline {
    return this.#options.pipeline;
  }

  #hook({ resource, subresource }: Call) {
    return this.#pipeline.kinds.get(`${resource.resource}.${resource.group}`)?.subresources?.[subresource];
  }

  /** Waits for the start, finds the resource, asks whether the user may. */
  async #begin(verb: Verb, name: string, subresource = "", objectNamespace?: string): Promise<Call> {
    const starting = this.#options.started();
    if (starting) await starting;
    const resource = this.#pipeline.registry.resource(this.#gvr);
    if (resource === undefined) throw noSuchResource();
    if (!resource.verbs.has(verb)) throw methodNotSupported(resource, verb);
    const namespace = resource.namespaced
      ? this.#namespace || (name || verb === "create" ? (objectNamespace ?? "") : "")
      : "";
    const call: Call = { user: this.#user, resource, namespace, name, subresource, warnings: [] };
    await this.#authorize(verb, call);
    return call;
  }

  async #authorize(verb: Verb, { user, resource, namespace, name, subresource }: Call): Promise<void> {
    const { group, version, resource: plural } = resource;
    const asked = { group, version, resource: plural, subresource, namespace, name };
    const decision = this.#options.authorizer.authorize({ user, verb, path: "", ...asked });
    const { allowed, reason } = decision instanceof Promise ? await decision : decision;
    if (!allowed) throw accessDenied({ user: user.name, verb, ...asked }, reason);
  }
}

function objectOf<T extends KubeObject>({ object }: Outcome): T {
  return object as KubeObject as T;
}

function listParameters(resource: Resource, options: ListOptions): ListParameters {
  return {
    selection: selectionOf(resource, options.labelSelector, options.fieldSelector),
    limit: options.limit ?? 0,
    continue: options.continue ?? "",
    resourceVersion: options.resourceVersion ?? "",
    resourceVersionMatch: "",
  };
}

function write({ dryRun = false, fieldManager }: WriteOptions = {}): WriteParameters {
  return { dryRun, fieldValidation: "Warn", ...(fieldManager === undefined ? {} : { fieldManager }) };
}

function deletion({ dryRun, ...options }: DeleteOptions) {
  return deleteParameters({ ...options, ...(dryRun ? { dryRun: ["All"] } : {}) });
}
