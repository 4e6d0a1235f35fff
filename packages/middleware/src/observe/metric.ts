/**
 * Metrics that a registry of prom-client collects, without prom-client: any version of it that the service brings
 * takes them, and there is never a second copy of it.
 */

export type Labels = Readonly<Record<string, string>>;

export interface MetricValue {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}

export interface MetricReport {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: "sum";
  readonly values: MetricValue[];
}

/** What prom-client's registry asks of a metric. */
export interface CollectedMetric {
  /** A registry for OpenMetrics changes it. */
  name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly aggregator: "sum";
  get(): Promise<MetricReport>;
  reset(): void;
}

/** How many combinations of labels one metric has at most. What comes with another one is counted with all labels "other". */
export const mostSeries = 1000;

/** What is counted for each combination of labels. */
class Series<State> {
  readonly #make: () => State;
  readonly #states = new Map<string, { readonly labels: Labels; readonly state: State }>();

  constructor(make: () => State) {
    this.#make = make;
  }

  at(labels: Labels): State {
    const wanted = this.#key(labels);
    const known = this.#states.get(wanted);
    if (known) return known.state;
    const isFull = this.#states.size >= mostSeries - 1;
    const kept = isFull ? Object.fromEntries(Object.keys(labels).map((name) => [name, "other"])) : labels;
    const key = isFull ? this.#key(kept) : wanted;
    const { state } = this.#states.get(key) ?? { state: this.#make() };
    this.#states.set(key, { labels: kept, state });
    return state;
  }

  all(): readonly { readonly labels: Labels; readonly state: State }[] {
    return [...this.#states.values()];
  }

  clear(): void {
    this.#states.clear();
  }

  #key(labels: Labels): string {
    return JSON.stringify(Object.values(labels));
  }
}

export interface Counter extends CollectedMetric {
  count(labels?: Labels): void;
}

/** Makes a counter that a registry of prom-client collects. */
export function createCounter(name: string, help: string): Counter {
  const series = new Series(() => ({ value: 0 }));
  return {
    name,
    help,
    type: "counter",
    aggregator: "sum",
    count(labels = {}) {
      series.at(labels).value += 1;
    },
    async get() {
      const { name, help, type, aggregator } = this;
      const values = series.all().map(({ labels, state: { value } }) => ({ labels, value }));
      return { name, help, type, aggregator, values };
    },
    reset: () => series.clear(),
  };
}

/** A number that is asked for when it is collected. */
export function createGauge(name: string, help: string, read: () => number): CollectedMetric {
  return {
    name,
    help,
    type: "gauge",
    aggregator: "sum",
    async get() {
      const { name, help, type, aggregator } = this;
      return { name, help, type, aggregator, values: [{ labels: {}, value: read() }] };
    },
    reset: () => undefined,
  };
}

export interface Histogram extends CollectedMetric {
  observe(value: number, labels?: Labels): void;
}

/** @param bounds upper bounds of the buckets, rising; one without a bound is added */
export function createHistogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const series = new Series(() => ({ counts: bounds.map(() => 0), count: 0, sum: 0 }));
  return {
    name,
    help,
    type: "histogram",
    aggregator: "sum",
    observe(value, labels = {}) {
      const state = series.at(labels);
      state.count += 1;
      state.sum += value;
      const index = bounds.findIndex((bound) => value <= bound);
      if (index >= 0) state.counts[index] = (state.counts[index] ?? 0) + 1;
    },
    async get() {
      const { name, help, type, aggregator } = this;
      const values: MetricValue[] = [];
      for (const { labels, state } of series.all()) {
        let below = 0;
        for (const [index, bound] of bounds.entries()) {
          below += state.counts[index] ?? 0;
          values.push({
            metricName: `${name}_bucket`,
            labels: { ...labels, le: String(bound) },
            value: below,
          });
        }
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: state.count });
        values.push({ metricName: `${name}_sum`, labels, value: state.sum });
        values.push({ metricName: `${name}_count`, labels, value: state.count });
      }
      return { name, help, type, aggregator, values };
    },
    reset: () => series.clear(),
  };
}
