/**
 * The file of --tracing-config-file, apiserver.config.k8s.io TracingConfiguration:
 * https://kubernetes.io/docs/concepts/cluster-administration/system-traces/
 */
export interface TracingConfiguration {
  /** As gRPC names it: "localhost:4317", "dns:///collector:4317", "unix:///run/otel.sock". Never over TLS. */
  readonly endpoint: string;
  /** Of requests whose sender has not decided: how many of a million are traced. */
  readonly samplingRatePerMillion: number;
}

const versions = ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`);
const million = 1_000_000;

/** `document`: parsed YAML or JSON. Throws an Error that names the field which is wrong. */
export function parseTracingConfiguration(document: unknown): TracingConfiguration {
  if (typeof document !== "object" || document === null) throw new Error("the file: must be an object");
  const { apiVersion, kind, endpoint, samplingRatePerMillion, ...unknown } = document as Record<string, unknown>;
  if (kind !== "TracingConfiguration" || !versions.includes(String(apiVersion))) {
    throw new Error(`expected ${versions[0]} TracingConfiguration, found ${apiVersion} ${kind}`);
  }
  for (const name of Object.keys(unknown)) throw new Error(`strict decoding error: unknown field "${name}"`);
  return {
    endpoint: endpoint === undefined || endpoint === null ? "localhost:4317" : endpointOf(endpoint),
    samplingRatePerMillion: rateOf(samplingRatePerMillion ?? 0),
  };
}

function rateOf(rate: unknown): number {
  const invalid = (why: string) => new Error(`samplingRatePerMillion: Invalid value: ${JSON.stringify(rate)}: ${why}`);
  if (typeof rate !== "number" || !Number.isInteger(rate)) throw invalid("must be an integer");
  if (rate < 0) throw invalid("sampling rate must be positive");
  if (rate > million) throw invalid("sampling rate per million must be less than or equal to one million");
  return rate;
}

/** unix-abstract, which kube-apiserver takes as well, is not known to gRPC for Node. */
function endpointOf(endpoint: unknown): string {
  const invalid = (why: string) => new Error(`endpoint: Invalid value: ${JSON.stringify(endpoint)}: ${why}`);
  if (typeof endpoint !== "string" || endpoint === "") throw invalid("must be an address");
  const url = endpoint.includes("//") ? endpoint : `dns://${endpoint}`;
  if (!URL.canParse(url)) throw invalid("must be an address");
  const { protocol } = new URL(url);
  if (protocol === "dns:" || protocol === "unix:") return endpoint;
  throw invalid(`unsupported scheme: ${protocol.slice(0, -1)}.  Options are none, dns, or unix.`);
}
