/** What the rest of the API server knows of tracing: OpenTelemetry stands behind it, loaded only where a configuration asks for it. */
import type { Store } from "../../store/types.ts";
import type { AdmissionChain } from "../admission/types.ts";
import type { Attributes } from "../authz/types.ts";
import type { Exchange } from "../http/exchange.ts";

export interface Tracing {
  /** Runs a request: what begins in `work`, however late, is part of it. */
  around<R>(work: () => R): R;
  /** It is known who sends the request that runs: its span begins, where it is sampled, and ends with the exchange. */
  begin(exchange: Exchange, attributes: Attributes): void;
  /** Of the request that runs; undefined: nothing runs, or it is not sampled. */
  current(): Trace | undefined;
  /** The same store, whose reads and writes are spans of the requests that ask for them. */
  store(inner: Store): Store;
  admission(inner: AdmissionChain): AdmissionChain;
  /** Sends what is still to be sent; a collector that does not answer is not waited for. */
  close(): Promise<void>;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface Trace {
  /** `work` as a span of its own, which ends when its promise settles. */
  time<R>(name: string, attributes: SpanAttributes, work: () => R): R;
}
