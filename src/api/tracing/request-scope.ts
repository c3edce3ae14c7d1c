import type { AsyncLocalStorage } from "node:async_hooks";
import { type Context, type HrTime, type Span, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { SpanAttributes, Trace } from "./types.ts";

/** A span of a request, as the one that others are part of. */
export class RequestScope implements Trace {
  readonly #tracer: Tracer;
  readonly #scopes: AsyncLocalStorage<RequestScope>;
  readonly #time: { now(): HrTime };
  readonly #context: Context;

  constructor(
    tracer: Tracer,
    scopes: AsyncLocalStorage<RequestScope>,
    time: { now(): HrTime },
    /** With the span. */
    context: Context,
  ) {
    this.#tracer = tracer;
    this.#scopes = scopes;
    this.#time = time;
    this.#context = context;
  }

  start(name: string, attributes: SpanAttributes): { readonly span: Span; readonly scope: RequestScope } {
    const span = this.#tracer.startSpan(name, { attributes, startTime: this.#time.now() }, this.#context);
    const context = trace.setSpan(this.#context, span);
    return { span, scope: new RequestScope(this.#tracer, this.#scopes, this.#time, context) };
  }

  time<R>(name: string, attributes: SpanAttributes, work: () => R): R {
    const { span, scope } = this.start(name, attributes);
    const ended = (): void => span.end(this.#time.now());
    const failed = (error: unknown): void => {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      ended();
    };
    try {
      const result = this.#scopes.run(scope, work);
      // Whoever asked gets the promise itself, and with it the failure.
      if (result instanceof Promise) result.then(ended, failed);
      else ended();
      return result;
    } catch (error) {
      failed(error);
      throw error;
    }
  }
}
