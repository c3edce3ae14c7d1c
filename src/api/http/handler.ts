/** One request from its head to its answer: who, what, may they, and then the verb. Nothing here names a kind. */
import type { Verb } from "../../machinery/kinds/types.ts";
import type { Logger } from "../../machinery/logger.ts";
import { parseFieldSelector } from "../../machinery/selectors/fields.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { accessDenied, badRequest, internalError, unauthorized } from "../../machinery/status/errors.ts";
import type { Auditor } from "../audit/auditor.ts";
import { observe } from "../audit/http-audit.ts";
import type { Impersonation } from "../authn/impersonation.ts";
import type { Authenticator } from "../authn/types.ts";
import type { Attributes, Authorizer } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";
import { Refused } from "../flowcontrol/flow-control.ts";
import type { FlowGate } from "../flowcontrol/flow-gate.ts";
import type { Measured, RequestMetrics } from "../metrics/request-metrics.ts";
import type { Call, Pipeline } from "../pipeline/types.ts";
import type { Resource } from "../registry/resource.ts";
import type { Trace, Tracing } from "../tracing/types.ts";
import { ClientGoneError } from "./body.ts";
import type { ConnectDispatch } from "./connect-dispatch.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Exchange } from "./exchange.ts";
import { jsonBody } from "./json-body.ts";
import { negotiate } from "./negotiation.ts";
import { writeParameters } from "./parameters.ts";
import { parseResourcePath, type ResourceRequest } from "./request-info.ts";
import { respondError, respondText, respondTooManyRequests } from "./response.ts";
import { methodNotAllowed, parsedObject, respondOutcome, serve } from "./rest.ts";
import type { RunningWatches } from "./watch-response.ts";

/** Paths beside the resources: answers, or says that it is not its own. Anonymous users get those that are `open`. */
export interface PathHandler {
  readonly open: boolean;
  /** What GET / tells of; absent: nothing. */
  readonly listed?: () => readonly string[];
  handle(path: string, exchange: Exchange, query: URLSearchParams | undefined): Promise<boolean> | boolean;
}

export interface HandlerOptions {
  readonly pipeline: Pipeline;
  readonly authenticators: readonly Authenticator[];
  /** Who the user asks to be instead. */
  readonly impersonation: Impersonation;
  readonly authorizer: Authorizer;
  readonly paths: readonly PathHandler[];
  readonly connect: ConnectDispatch;
  readonly running: RunningWatches;
  readonly metrics: RequestMetrics;
  readonly flow: FlowGate;
  readonly deadlines: Deadlines;
  readonly audit: Auditor | undefined;
  readonly tracing: Tracing | undefined;
  readonly log: Logger;
}

export class RequestHandler {
  readonly #options: HandlerOptions;

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  async handle(exchange: Exchange): Promise<void> {
    const { metrics } = this.#options;
    const start = performance.now();
    const inflight = metrics.inflight(exchange.method);
    const measured: Measured = { request: undefined, verb: "", longRunning: false };
    inflight.value++;
    try {
      await this.#route(exchange, measured);
    } catch (error) {
      this.#failed(exchange, error);
    } finally {
      inflight.value--;
      if (exchange.observer) complete(exchange, measured.longRunning);
      const { request, verb, longRunning } = measured;
      if (request !== undefined && exchange.code > 0) {
        metrics.answered(request, verb, exchange.code, longRunning ? undefined : performance.now() - start);
      }
    }
  }

  /** Who sends this, or who that one may act as; throws 401 for nobody. `wanted`: what the audit log is told. */
  async authenticate(exchange: Exchange, wanted: Wanted): Promise<UserInfo> {
    const { audit, tracing, impersonation } = this.#options;
    let user: UserInfo | undefined;
    try {
      user = await this.#identify(exchange);
      if (user === undefined) throw unauthorized();
    } finally {
      if (audit) observe(audit, exchange, { ...wanted, user: user ?? { name: "", groups: [] } }, user);
    }
    if (tracing) tracing.begin(exchange, { ...wanted, user });
    const asked = impersonation(user, exchange.headers);
    if (asked === undefined) return user;
    const other = await asked;
    exchange.observer?.actsAs(other);
    return other;
  }

  async #identify(exchange: Exchange): Promise<UserInfo | undefined> {
    if (exchange.sender !== undefined) return exchange.sender;
    for (const authenticator of this.#options.authenticators) {
      const found = authenticator.authenticate(exchange);
      const user = found instanceof Promise ? await found : found;
      if (user !== undefined) return user;
    }
    return undefined;
  }

  readonly #authorize = (attributes: Attributes): Promise<void> => this.authorize(attributes);

  async authorize(attributes: Attributes, exchange?: Exchange): Promise<void> {
    const asked = this.#options.authorizer.authorize(attributes);
    const decision = asked instanceof Promise ? await asked : asked;
    exchange?.observer?.decided(decision);
    if (decision.allowed) return;
    const { user, verb, path, fieldSelector: _, ...resource } = attributes;
    throw accessDenied(
      attributes.resource === undefined ? { user: user.name, verb, path } : { user: user.name, verb, ...resource },
      decision.reason,
    );
  }

  async #route(exchange: Exchange, measured: Measured): Promise<void> {
    const { url } = exchange;
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 || mark === url.length - 1 ? undefined : new URLSearchParams(url.slice(mark + 1));
    const request = resourcePath(path);
    if (request === undefined) {
      await this.#path(exchange, path, query);
      return;
    }
    await this.#resource(exchange, { path, query, request }, measured);
  }

  async #path(exchange: Exchange, path: string, query: URLSearchParams | undefined): Promise<void> {
    const { paths, flow } = this.#options;
    for (const handler of paths) {
      if (handler.open && (await handler.handle(path, exchange, query))) return;
    }
    const wanted = { verb: exchange.method.toLowerCase(), path };
    const attributes: Attributes = { ...wanted, user: await this.authenticate(exchange, wanted) };
    const seat = await flow.enter(exchange, attributes, undefined);
    try {
      await this.authorize(attributes, exchange);
      for (const handler of paths) {
        if (!handler.open && (await handler.handle(path, exchange, query))) return;
      }
      respondText(exchange, 404, "404 page not found\n");
    } finally {
      seat.finish();
    }
  }

  async #resource(exchange: Exchange, routed: Routed, measured: Measured): Promise<void> {
    const { path, query, request } = routed;
    const { flow, deadlines } = this.#options;
    const verb = verbOf(exchange.method, request, query);
    const { group, version, resource: plural, subresource, namespace, name } = request;
    const wanted: Wanted = {
      verb: verb ?? exchange.method.toLowerCase(),
      path,
      group,
      version,
      resource: plural,
      subresource,
      // Of a namespace itself, Kubernetes asks as if it were in it.
      namespace: plural === "namespaces" && group === "" ? name : namespace,
      name: name === "" && (verb === "list" || verb === "watch") ? selectedName(query) : name,
      ...(name === "" ? fieldSelectorOf(query) : {}),
    };
    const attributes: Attributes = { ...wanted, user: await this.authenticate(exchange, wanted) };
    if (longRunning.has(subresource)) {
      await this.authorize(attributes, exchange);
      await this.#serve(exchange, { ...routed, user: attributes.user }, verb, measured);
      return;
    }
    const entered = flow.enter(exchange, attributes, { verb: attributes.verb, request, query });
    const seat = entered instanceof Promise ? await entered : entered;
    try {
      if (verb !== "watch") deadlines.begin(exchange, query);
      await this.authorize(attributes, exchange);
      await this.#serve(exchange, { ...routed, user: attributes.user }, verb, measured);
    } finally {
      deadlines.end(exchange);
      seat.finish();
    }
  }

  async #serve(
    exchange: Exchange,
    { query, request, user }: Routed & { readonly user: UserInfo },
    verb: Verb | undefined,
    measured: Measured,
  ): Promise<void> {
    const { pipeline, connect, running, tracing } = this.#options;
    const { resource: plural, subresource } = request;
    const resource = pipeline.registry.find(request.apiVersion, plural);
    const call = resource && callOf(resource, request, user, tracing?.current());
    if (resource === undefined || call === undefined) {
      respondText(exchange, 404, "404 page not found\n");
      return;
    }
    measured.request = request;
    measured.verb = verb ?? "";
    if (subresource !== "" && (await this.#ownSubresource(exchange, call, query))) return;
    if (connect.has(resource, subresource)) {
      measured.verb = "connect";
      this.#longRunning(exchange, measured, request);
      await connect.request(call, request.rest, query ?? new URLSearchParams(), exchange);
      return;
    }
    if (!served(resource, request, verb)) throw methodNotAllowed();
    if (verb === undefined) throw methodNotAllowed();
    if (verb === "watch") this.#longRunning(exchange, measured, request);
    const pending = serve({ pipeline, call, exchange, query, running, authorize: this.#authorize }, verb);
    if (pending) await pending;
  }

  #longRunning(exchange: Exchange, measured: Measured, request: ResourceRequest): void {
    measured.longRunning = true;
    exchange.observer?.runsLong();
    const running = this.#options.metrics.longRunning(request, measured.verb);
    running.value++;
    exchange.onClose(() => {
      running.value--;
    });
  }

  /** Subresources with a body of their own kind: binding, eviction, finalize. */
  async #ownSubresource(exchange: Exchange, call: Call, query: URLSearchParams | undefined): Promise<boolean> {
    const { pipeline } = this.#options;
    const { resource, subresource } = call;
    const hook = pipeline.kinds.get(`${resource.resource}.${resource.group}`)?.subresources?.[subresource];
    if (hook === undefined) return false;
    if (exchange.method !== hook.method) throw methodNotAllowed();
    const accepted = negotiate(exchange.headers.accept);
    const write = writeParameters(
      query,
      hook.method === "POST" ? "CreateOptions" : "UpdateOptions",
      exchange.headers["user-agent"],
    );
    const body = parsedObject(await jsonBody(exchange));
    const outcome = await hook.run(pipeline, call, body, write);
    await respondOutcome(exchange, outcome.created ? 201 : 200, accepted, { pipeline, call, query }, outcome);
    return true;
  }

  #failed(exchange: Exchange, error: unknown): void {
    if (exchange.expired) return;
    if (error instanceof Refused && !exchange.gone) {
      respondTooManyRequests(exchange);
      return;
    }
    if (error instanceof ClientGoneError || exchange.gone) {
      if (!exchange.gone) exchange.abort();
      return;
    }
    const status = this.#statusOf(error, exchange);
    if (exchange.answered) exchange.abort();
    else respondError(exchange, status);
  }

  #statusOf(error: unknown, { method, url }: Exchange): StatusError {
    if (error instanceof StatusError) return error;
    if (error instanceof URIError) return badRequest("invalid URL escape");
    this.#options.log.error({ err: error, method, url }, "request failed");
    return internalError(error instanceof Error ? error.message : String(error));
  }
}

/** kube-apiserver's longRunningSubresources: neither limited in number nor in time. */
const longRunning: ReadonlySet<string> = new Set(["attach", "exec", "proxy", "log", "portforward"]);

function fieldSelectorOf(query: URLSearchParams | undefined): { readonly fieldSelector?: string } {
  const fieldSelector = query?.get("fieldSelector");
  return fieldSelector ? { fieldSelector } : {};
}

/** A list or watch of one object counts as a request for it: rules may name it. */
function selectedName(query: URLSearchParams | undefined): string {
  const fieldSelector = query?.get("fieldSelector");
  if (!fieldSelector?.includes("metadata.name")) return "";
  try {
    const name = parseFieldSelector(fieldSelector).exact("metadata.name") ?? "";
    return isPathSegmentName(name) ? name : "";
  } catch {
    // It is refused where the list's parameters are read.
    return "";
  }
}

const isPathSegmentName = (name: string): boolean => name !== "." && name !== ".." && !/[/%]/.test(name);

interface Routed {
  readonly path: string;
  readonly query: URLSearchParams | undefined;
  readonly request: ResourceRequest;
}

/** All but who. */
export type Wanted = Omit<Attributes, "user">;

function complete(exchange: Exchange, longRunning: boolean): void {
  const { observer } = exchange;
  if (longRunning && !exchange.gone) exchange.onClose(() => observer?.complete());
  else observer?.complete();
}

function resourcePath(path: string): ResourceRequest | undefined {
  return path.startsWith("/api") ? parseResourcePath(path) : undefined;
}

/** undefined where the path does not fit the resource: a cluster-scoped kind in a namespace. */
export function callOf(resource: Resource, request: ResourceRequest, user: UserInfo, trace?: Trace): Call | undefined {
  const { namespace, name, subresource } = request;
  if (!resource.namespaced && namespace !== "") return undefined;
  if (resource.namespaced && namespace === "" && name !== "") return undefined;
  if (subresource !== "" && !hasSubresource(resource, subresource)) return undefined;
  const warnings = resource.deprecation === undefined ? [] : [resource.deprecation];
  return { user, resource, namespace, name, subresource, warnings, trace };
}

function hasSubresource({ definition }: Resource, name: string): boolean {
  const { status, scale, other } = definition.subresources;
  if (name === "status") return status === true;
  if (name === "scale") return scale !== undefined;
  return other !== undefined && Object.hasOwn(other, name);
}

function verbOf(
  method: string,
  { name, watch }: ResourceRequest,
  query: URLSearchParams | undefined,
): Verb | undefined {
  switch (method) {
    case "GET":
    case "HEAD":
      if (watch) return "watch";
      // Only a collection is watched; what is behind a proxy may mean something else by it.
      if (name !== "") return "get";
      return isWatch(query) ? "watch" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    default:
      return undefined;
  }
}

function isWatch(query: URLSearchParams | undefined): boolean {
  const text = query?.get("watch");
  return text !== null && text !== undefined && text.toLowerCase() !== "false" && text !== "0";
}

/** Whether the path takes the verb at all. */
function served(
  resource: Resource,
  { name, namespace, subresource }: ResourceRequest,
  verb: Verb | undefined,
): boolean {
  if (verb === undefined) return false;
  if (subresource === "status" || subresource === "scale")
    return verb === "get" || verb === "update" || verb === "patch";
  if (subresource !== "") {
    const { subresources, strategy } = resource.definition;
    const verbs = subresources.other?.[subresource]?.verbs ?? [];
    if (strategy.partialUpdates?.[subresource]) return verbs.includes(verb);
    // What has no handler of its own can be looked at.
    return verb === "get" && verbs.includes("patch");
  }
  if (!resource.verbs.has(verb)) return false;
  switch (verb) {
    case "create":
      return name === "" && (namespace !== "" || !resource.namespaced);
    case "update":
    case "patch":
    case "delete":
    case "get":
      return name !== "";
    case "deletecollection":
      return namespace !== "" || !resource.namespaced;
    default:
      return true;
  }
}
