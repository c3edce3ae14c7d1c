/**
 * Counters, gauges and histograms in Prometheus' text format, without timers: what nobody scrapes costs an addition.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */

/** One set of label values. Add to it directly. */
export interface Series {
  value: number;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Values that are looked up when somebody asks. */
export type Collect = () => Iterable<Sample> | Promise<Iterable<Sample>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(): string | Promise<string>;
}

export class MetricRegistry {
  readonly #metrics: Metric[] = [];

  counter(name: string, help: string): SeriesFamily {
    return this.#family(name, help, "counter");
  }

  gauge(name: string, help: string): SeriesFamily {
    return this.#family(name, help, "gauge");
  }

  /** `collect` is called for each scrape. */
  collected(name: string, help: string, type: "counter" | "gauge", collect: Collect): void {
    const lines = async (): Promise<string> => {
      let text = "";
      for (const { labels, value } of await collect()) text += line(name, labelText(labels), value);
      return text;
    };
    this.#metrics.push({ name, help, type, lines });
  }

  /** `buckets`: upper bounds, ascending, without infinity. */
  histogram(name: string, help: string, buckets: readonly number[]): HistogramFamily {
    const family = new HistogramFamily(name, buckets);
    this.#metrics.push({ name, help, type: "histogram", lines: () => family.lines() });
    return family;
  }

  /** Histograms that are kept elsewhere, all with these buckets. */
  histograms(
    name: string,
    help: string,
    buckets: readonly number[],
    collect: () => Iterable<{ readonly labels: Readonly<Record<string, string>>; readonly histogram: Histogram }>,
  ): void {
    const lines = (): string => {
      let text = "";
      for (const { labels, histogram } of collect())
        text += histogramLines(name, buckets, labelText(labels), histogram);
      return text;
    };
    this.#metrics.push({ name, help, type: "histogram", lines });
  }

  async text(): Promise<string> {
    let text = "";
    for (const metric of [...this.#metrics].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const lines = await metric.lines();
      if (lines === "") continue;
      text += `# HELP ${metric.name} ${metric.help}\n# TYPE ${metric.name} ${metric.type}\n${lines}`;
    }
    return text;
  }

  #family(name: string, help: string, type: "counter" | "gauge"): SeriesFamily {
    const family = new SeriesFamily(name);
    this.#metrics.push({ name, help, type, lines: () => family.lines() });
    return family;
  }
}

export class SeriesFamily {
  readonly #name: string;
  readonly #series = new Map<string, Series>();

  constructor(name: string) {
    this.#name = name;
  }

  /** The same for the same labels: keep it, finding it costs a text. */
  series(labels: Readonly<Record<string, string>> = {}): Series {
    const key = labelText(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { value: 0 };
      this.#series.set(key, series);
    }
    return series;
  }

  lines(): string {
    let text = "";
    for (const [labels, { value }] of this.#series) text += line(this.#name, labels, value);
    return text;
  }
}

export class HistogramFamily {
  readonly #name: string;
  readonly #buckets: readonly number[];
  readonly #series = new Map<string, Histogram>();

  constructor(name: string, buckets: readonly number[]) {
    this.#name = name;
    this.#buckets = buckets;
  }

  series(labels: Readonly<Record<string, string>> = {}): Histogram {
    const key = labelText(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Histogram(this.#buckets);
      this.#series.set(key, series);
    }
    return series;
  }

  lines(): string {
    let text = "";
    for (const [labels, histogram] of this.#series)
      text += histogramLines(this.#name, this.#buckets, labels, histogram);
    return text;
  }
}

export class Histogram {
  readonly #bounds: readonly number[];
  /** Of each bucket alone; the last is beyond all bounds. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let i = 0;
    while (i < bounds.length && value > (bounds[i] as number)) i++;
    (this.counts[i] as number)++;
    this.sum += value;
  }
}

function histogramLines(name: string, buckets: readonly number[], labels: string, histogram: Histogram): string {
  const inside = labels === "" ? "" : `${labels.slice(1, -1)},`;
  let text = "";
  let total = 0;
  for (const [i, count] of histogram.counts.entries()) {
    total += count;
    text += line(`${name}_bucket`, `{${inside}le="${buckets[i] ?? "+Inf"}"}`, total);
  }
  return text + line(`${name}_sum`, labels, histogram.sum) + line(`${name}_count`, labels, total);
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels} ${value}\n`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))}"`,
  );
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}
