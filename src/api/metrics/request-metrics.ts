/** What kube-apiserver counts of its requests, under the same names. */
import type {
  Histogram,
  HistogramFamily,
  MetricRegistry,
  Series,
  SeriesFamily,
} from "../../machinery/metrics/registry.ts";
import type { ResourceRequest } from "../http/request-info.ts";

/** In seconds. */
const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

/** Of a request on its way. Without `request` it is not counted: names of resources that are not there would fill the memory. */
export interface Measured {
  request: ResourceRequest | undefined;
  verb: string;
  longRunning: boolean;
}

interface Counted {
  readonly labels: Readonly<Record<string, string>>;
  readonly codes: Map<number, Series>;
  readonly duration: Histogram;
  readonly running: Series;
}

const verbNames: Readonly<Record<string, string>> = { create: "POST", update: "PUT" };

export class RequestMetrics {
  readonly #total: SeriesFamily;
  readonly #duration: HistogramFamily;
  readonly #longRunning: SeriesFamily;
  readonly #mutating: Series;
  readonly #readOnly: Series;
  readonly #counted = new Map<string, Counted>();

  constructor(registry: MetricRegistry) {
    this.#total = registry.counter(
      "apiserver_request_total",
      "[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
    );
    this.#duration = registry.histogram(
      "apiserver_request_duration_seconds",
      "[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
      durationBuckets,
    );
    this.#longRunning = registry.gauge(
      "apiserver_longrunning_requests",
      "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component.",
    );
    const inflight = registry.gauge(
      "apiserver_current_inflight_requests",
      "[STABLE] Number of currently used inflight request limit of this apiserver per request kind.",
    );
    this.#mutating = inflight.series({ request_kind: "mutating" });
    this.#readOnly = inflight.series({ request_kind: "readOnly" });
  }

  /** Add one when a request begins and take it away when it ends. */
  inflight(method: string): Series {
    return method === "GET" || method === "HEAD" ? this.#readOnly : this.#mutating;
  }

  /** A watch or stream has begun: its series, to be counted down when it ends. */
  longRunning(request: ResourceRequest, verb: string): Series {
    return this.#of(request, verb).running;
  }

  /** `milliseconds`: absent for what runs long. */
  answered(request: ResourceRequest, verb: string, code: number, milliseconds?: number): void {
    const counted = this.#of(request, verb);
    let series = counted.codes.get(code);
    if (series === undefined) {
      series = this.#total.series({ ...counted.labels, code: String(code) });
      counted.codes.set(code, series);
    }
    series.value++;
    if (milliseconds !== undefined) counted.duration.observe(milliseconds / 1000);
  }

  #of(request: ResourceRequest, verb: string): Counted {
    const { apiVersion, resource, subresource, namespace, name } = request;
    const scope = name !== "" ? "resource" : namespace !== "" ? "namespace" : "cluster";
    const key = `${verb} ${scope} ${apiVersion} ${resource} ${subresource}`;
    let counted = this.#counted.get(key);
    if (counted === undefined) {
      counted = this.#make(request, verb, scope);
      this.#counted.set(key, counted);
    }
    return counted;
  }

  #make({ group, version, resource, subresource }: ResourceRequest, verb: string, scope: string): Counted {
    const labels = {
      component: "apiserver",
      group,
      resource,
      scope,
      subresource,
      verb: verbNames[verb] ?? verb.toUpperCase(),
      version,
    };
    return {
      labels,
      codes: new Map(),
      duration: this.#duration.series(labels),
      running: this.#longRunning.series(labels),
    };
  }
}
