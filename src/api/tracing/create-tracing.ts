import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { detectResources, resourceAttributesEnvDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { OtlpExporter } from "./otlp-exporter.ts";
import { RequestTracing } from "./request-tracing.ts";
import type { TracingConfiguration } from "./tracing-configuration.ts";
import type { Tracing } from "./types.ts";

/** Samples as kube-apiserver: whose sender has decided as that one did, of the others the configured part. */
export function createTracing(configuration: TracingConfiguration, clock: Clock, log: Logger): Tracing {
  const { endpoint, samplingRatePerMillion: rate } = configuration;
  const exporter = new OtlpExporter(endpoint, process.env.OTEL_EXPORTER_OTLP_HEADERS, log);
  const root = rate === 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(rate / 1_000_000);
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
    resource: detectResources({ detectors: [resourceAttributesEnvDetector] }).merge(
      resourceFromAttributes({ "service.name": "apiserver", "service.instance.id": instanceId() }),
    ),
  });
  return new RequestTracing(provider.getTracer("kl"), clock, async () => {
    exporter.hurry();
    // Spans that could not be sent: the exporter has logged it.
    await provider.shutdown().catch(() => undefined);
  });
}

/** The same after a restart on the same machine, and no other machine's. */
function instanceId(): string {
  return `apiserver-${createHash("sha256").update(hostname()).digest("hex").slice(0, 32)}`;
}
