/** An OpenTelemetry collector that keeps what it is sent. */
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** "" of a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: number;
}

export interface Collector {
  readonly endpoint: string;
  readonly spans: CollectedSpan[];
  /** Of the process that sent the last ones. */
  resource: Attributes;
  /** Metadata of the last call. */
  headers: Readonly<Record<string, unknown>>;
  named(name: string): readonly CollectedSpan[];
  close(): void;
}

export async function startCollector(): Promise<Collector> {
  const file = fileURLToPath(new URL("./collector.proto", import.meta.url));
  const loaded = loadSync(file, { longs: String, defaults: true });
  const service = loaded["opentelemetry.proto.collector.trace.v1.TraceService"] as grpc.ServiceDefinition;
  const server = new grpc.Server();
  const spans: CollectedSpan[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: as the wire has it
  const received = ({ request, metadata }: any, done: (error: null, answer: object) => void): void => {
    collector.headers = metadata.getMap();
    for (const { resource, scopeSpans } of request.resourceSpans) {
      collector.resource = attributesOf(resource.attributes);
      for (const scope of scopeSpans) spans.push(...scope.spans.map(spanOf));
    }
    done(null, {});
  };
  server.addService(service, { Export: received });
  const port = await new Promise<number>((resolve, reject) => {
    const bound = (error: Error | null, bound: number): void => (error ? reject(error) : resolve(bound));
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), bound);
  });
  const collector: Collector = {
    endpoint: `127.0.0.1:${port}`,
    spans,
    resource: {},
    headers: {},
    named: (name) => spans.filter((span) => span.name === name),
    close: () => server.forceShutdown(),
  };
  return collector;
}

// biome-ignore lint/suspicious/noExplicitAny: as the wire has it
function spanOf(span: any): CollectedSpan {
  return {
    traceId: span.traceId.toString("hex"),
    spanId: span.spanId.toString("hex"),
    parentSpanId: span.parentSpanId.toString("hex"),
    name: span.name,
    kind: span.kind,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    // biome-ignore lint/suspicious/noExplicitAny: as the wire has it
    events: span.events.map((event: any) => ({ name: event.name, attributes: attributesOf(event.attributes) })),
    // biome-ignore lint/suspicious/noExplicitAny: as the wire has it
    links: span.links.map((link: any) => ({
      traceId: link.traceId.toString("hex"),
      spanId: link.spanId.toString("hex"),
    })),
    status: span.status?.code ?? 0,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: as the wire has it
function attributesOf(pairs: readonly any[]): Attributes {
  return Object.fromEntries(
    pairs.map(({ key, value }) => [
      key,
      value.stringValue ?? (value.intValue === undefined ? value.boolValue : Number(value.intValue)),
    ]),
  );
}
