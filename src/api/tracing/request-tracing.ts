import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  defaultTextMapGetter,
  type Link,
  ROOT_CONTEXT,
  SpanKind,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { Clock } from "../../machinery/clock.ts";
import type { Store } from "../../store/types.ts";
import type { AdmissionChain } from "../admission/types.ts";
import type { Attributes } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";
import type { Exchange } from "../http/exchange.ts";
import { HttpTrace } from "./http-trace.ts";
import { serverAttributes, spanName } from "./request-attributes.ts";
import { RequestScope } from "./request-scope.ts";
import { RunningRequest } from "./running-request.ts";
import { TracedStore } from "./traced-store.ts";
import type { Trace, Tracing } from "./types.ts";

const propagator = new W3CTraceContextPropagator();

/** Spans of requests: https://kubernetes.io/docs/concepts/cluster-administration/system-traces/#kube-apiserver-traces */
export class RequestTracing implements Tracing {
  readonly #tracer: Tracer;
  readonly #clock: Clock;
  readonly #close: () => Promise<void>;
  readonly #running = new AsyncLocalStorage<RunningRequest>();
  readonly #scopes = new AsyncLocalStorage<RequestScope>();

  constructor(tracer: Tracer, clock: Clock, close: () => Promise<void>) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.#close = close;
  }

  around<R>(work: () => R): R {
    return this.#running.run(new RunningRequest(this.#clock), work);
  }

  begin(exchange: Exchange, attributes: Attributes): void {
    const request = this.#running.getStore();
    if (request === undefined) return;
    const { context, links } = parentOf(exchange, attributes.user);
    const options = {
      kind: SpanKind.SERVER,
      startTime: request.received,
      attributes: serverAttributes(exchange),
      links,
    };
    const span = this.#tracer.startSpan(spanName(exchange.method, attributes), options, context);
    if (!span.isRecording()) return;
    const scope = new RequestScope(this.#tracer, this.#scopes, request, trace.setSpan(context, span));
    request.scope = scope;
    exchange.observer = new HttpTrace({ exchange, attributes, request, scope, span, inner: exchange.observer });
  }

  current(): Trace | undefined {
    const ofRequest = this.#running.getStore()?.scope;
    // What a request has begun may go on after its end, as something of its own.
    return ofRequest && (this.#scopes.getStore() ?? ofRequest);
  }

  store(inner: Store): Store {
    return new TracedStore(inner, this);
  }

  admission(inner: AdmissionChain): AdmissionChain {
    return {
      admit: (request) => this.#timed("Mutating admission", () => inner.admit(request)),
      validate: (request) => this.#timed("Validating admission", () => inner.validate(request)),
    };
  }

  close(): Promise<void> {
    return this.#close();
  }

  #timed<R>(name: string, work: () => R): R {
    const current = this.current();
    return current === undefined ? work() : current.time(name, {}, work);
  }
}

const trusted: ReadonlySet<string> = new Set(["system:masters", "system:monitoring"]);

/**
 * The API server is a public endpoint: only from who is trusted is a trace carried on, and may decide on sampling. Of
 * anybody else's, the new trace keeps a link (kube-apiserver's WithTracing).
 */
function parentOf({ headers }: Exchange, { groups }: UserInfo): { context: Context; links: Link[] } {
  const asked = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter) as Context;
  if (groups.some((group) => trusted.has(group))) return { context: asked, links: [] };
  const other = trace.getSpanContext(asked);
  return { context: ROOT_CONTEXT, links: other === undefined ? [] : [{ context: other }] };
}
