/** In-process clients in the audit log: the controllers', the scheduler's and the nodes' requests, as if they came over HTTPS. */
import type { GroupVersionResource, KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
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
} from "../client/types.ts";
import type { AuditEvent } from "./audit-event.ts";
import { type Auditor, decisionAnnotations } from "./auditor.ts";

export function auditedClient(inner: Client, auditor: Auditor, user: UserInfo): Client {
  return {
    resource: <T extends KubeObject>(gvr: GroupVersionResource, namespace = "") =>
      new AuditedResource<T>(inner.resource<T>(gvr, namespace), auditor, user, gvr, namespace),
    as: (other) => auditedClient(inner.as(other), auditor, other),
  };
}

class AuditedResource<T extends KubeObject> implements ResourceClient<T> {
  readonly #inner: ResourceClient<T>;
  readonly #auditor: Auditor;
  readonly #user: UserInfo;
  readonly #gvr: GroupVersionResource;
  readonly #namespace: string;

  constructor(
    inner: ResourceClient<T>,
    auditor: Auditor,
    user: UserInfo,
    gvr: GroupVersionResource,
    namespace: string,
  ) {
    this.#inner = inner;
    this.#auditor = auditor;
    this.#user = user;
    this.#gvr = gvr;
    this.#namespace = namespace;
  }

  get(name: string, options?: { readonly resourceVersion?: string }): Promise<T> {
    return this.#run(this.#begin("get", name), undefined, 200, () => this.#inner.get(name, options));
  }

  list(options?: ListOptions): Promise<ObjectList<T>> {
    return this.#run(this.#begin("list", ""), undefined, 200, () => this.#inner.list(options));
  }

  create(object: T, options?: WriteOptions): Promise<T> {
    const event = this.#begin("create", object.metadata.name ?? "", "", object);
    return this.#run(event, object, 201, () => this.#inner.create(object, options));
  }

  update(object: T, options: WriteOptions & { readonly subresource?: string } = {}): Promise<T> {
    const event = this.#begin("update", object.metadata.name ?? "", options.subresource, object);
    return this.#run(event, object, 200, () => this.#inner.update(object, options));
  }

  updateStatus(object: T, options?: WriteOptions): Promise<T> {
    return this.update(object, { ...options, subresource: "status" });
  }

  patch(name: string, body: PatchBody, options: WriteOptions & { readonly subresource?: string } = {}): Promise<T> {
    const event = this.#begin("patch", name, options.subresource);
    return this.#run(event, body.patch, 200, () => this.#inner.patch(name, body, options));
  }

  delete(name: string, options?: DeleteOptions): Promise<T> {
    return this.#run(this.#begin("delete", name), options, 200, () => this.#inner.delete(name, options));
  }

  deleteCollection(list?: ListOptions, options?: DeleteOptions): Promise<void> {
    const event = this.#begin("deletecollection", "");
    return this.#run(event, options, 200, () => this.#inner.deleteCollection(list, options));
  }

  createSubresource<B extends object, R = unknown>(
    name: string,
    subresource: string,
    body: B,
    options?: WriteOptions,
  ): Promise<R> {
    const event = this.#begin("create", name, subresource);
    return this.#run(event, body, 201, () => this.#inner.createSubresource<B, R>(name, subresource, body, options));
  }

  async *watch(options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const event = this.#begin("watch", "");
    event?.response(200);
    event?.stage("ResponseStarted");
    try {
      yield* this.#inner.watch(options);
    } catch (error) {
      failed(event, error);
      throw error;
    } finally {
      event?.stage("ResponseComplete");
    }
  }

  #begin(verb: string, name: string, subresource = "", object?: KubeObject): AuditEvent | undefined {
    const { group, version, resource } = this.#gvr;
    const namespace = this.#namespace || (object?.metadata.namespace ?? "");
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const within = namespace === "" ? root : `${root}/namespaces/${namespace}`;
    const path = [within, resource, verb === "create" && subresource === "" ? "" : name, subresource]
      .filter((part) => part !== "")
      .join("/");
    return this.#auditor.begin({
      attributes: { user: this.#user, verb, path, group, version, resource, subresource, namespace, name },
      user: this.#user,
      requestUri: path,
      sourceIps: [],
      userAgent: "kl",
      auditId: undefined,
    });
  }

  #run<R>(event: AuditEvent | undefined, request: unknown, code: number, work: () => Promise<R>): Promise<R> {
    return this.#auditor.around(() => {
      this.#auditor.attach(event);
      return event === undefined ? work() : told(event, request, code, work);
    });
  }
}

async function told<R>(event: AuditEvent, request: unknown, code: number, work: () => Promise<R>): Promise<R> {
  event.request(request);
  try {
    const result = await work();
    event.annotate(decisionAnnotations({ allowed: true }));
    event.response(code, result);
    return result;
  } catch (error) {
    failed(event, error);
    throw error;
  } finally {
    event.stage("ResponseComplete");
  }
}

function failed(event: AuditEvent | undefined, error: unknown): void {
  if (error instanceof StatusError) {
    if (error.reason === "Forbidden") event?.annotate(decisionAnnotations({ allowed: false }));
    event?.response(error.code, error.status);
  } else event?.response(500);
}
