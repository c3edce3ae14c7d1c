import grpc from "@grpc/grpc-js";
import { type ExportResult, ExportResultCode, parseKeyPairsIntoRecord } from "@opentelemetry/core";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../../machinery/logger.ts";

const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const timeout = 10_000;
const lastTimeout = 1000;
/** As OTLP wants it of clients: https://opentelemetry.io/docs/specs/otlp/#failures */
const serviceConfig = {
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 5,
        initialBackoff: "1s",
        maxBackoff: "5s",
        backoffMultiplier: 1.5,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};

/** Spans to an OpenTelemetry collector, OTLP over gRPC without TLS: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc */
export class OtlpExporter implements SpanExporter {
  readonly #client: grpc.Client;
  readonly #metadata = new grpc.Metadata();
  readonly #endpoint: string;
  readonly #log: Logger;
  #timeout = timeout;
  #failing = false;

  /** `headers`: what the collector wants to be told, as in OTEL_EXPORTER_OTLP_HEADERS: "key=value,key2=value2". */
  constructor(endpoint: string, headers: string | undefined, log: Logger) {
    this.#client = new grpc.Client(endpoint, grpc.credentials.createInsecure(), {
      "grpc.service_config": JSON.stringify(serviceConfig),
    });
    for (const [key, value] of Object.entries(parseKeyPairsIntoRecord(headers))) this.#metadata.set(key, value);
    this.#endpoint = endpoint;
    this.#log = log;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const deadline = Date.now() + this.#timeout;
    this.#client.makeUnaryRequest(method, serialized, received, spans, this.#metadata, { deadline }, (error) => {
      this.#told(error);
      done(error === null ? { code: ExportResultCode.SUCCESS } : { code: ExportResultCode.FAILED, error });
    });
  }

  /** The exports that follow are the last ones: they get a second. */
  hurry(): void {
    this.#timeout = lastTimeout;
  }

  shutdown(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }

  /** Once for each time that the collector goes away or comes back. */
  #told(error: Error | null): void {
    const fields = { endpoint: this.#endpoint };
    if (error === null) {
      if (this.#failing) this.#log.info(fields, "the trace collector takes spans again");
    } else if (!this.#failing) {
      this.#log.warn({ ...fields, err: error }, "the trace collector does not take spans: they are lost");
    }
    this.#failing = error !== null;
  }
}

function serialized(spans: ReadableSpan[]): Buffer {
  return Buffer.from(ProtobufTraceSerializer.serializeRequest(spans) ?? []);
}

/** What of a batch the collector did not take is its own affair. */
function received(_: Buffer): undefined {
  return undefined;
}
