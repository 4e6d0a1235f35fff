/** What is counted of operations, for a registry of prom-client. */
import type { Operations } from "@meanwhile/operations";
import {
  type CollectedMetric,
  type Counter,
  createCounter,
  createGauge,
  createHistogram,
  type Histogram,
} from "./metric.ts";

/** What is needed of prom-client's `Registry`. */
export interface MetricsRegistry {
  /** Takes metrics of prom-client, as its types say, and whatever has what they have. */
  registerMetric(metric: never): void;
}

export interface Metrics {
  readonly durations: Histogram;
  readonly interims: Counter;
  readonly accepted: Counter;
  readonly joined: Counter;
  readonly resumed: Counter;
  readonly lost: Counter;
  readonly refused: Counter;
  /** Counts those that run here, too. */
  include(operations: Operations): void;
}

/** Upper bounds in seconds: from what is hardly an operation to what takes a working day. */
const durationBounds = [0.1, 0.5, 1, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 28_800];

/** One set a registry, however often the middleware is mounted. */
const known = new WeakMap<MetricsRegistry, Metrics>();

/** The metrics of a registry; made once for each registry. */
export function metricsOf(registry: MetricsRegistry): Metrics {
  const before = known.get(registry);
  if (before) return before;
  const engines = new Set<Operations>();
  const open = createGauge("meanwhile_operations_open", "Operations that run now.", () => {
    let running = 0;
    for (const engine of engines) running += engine.open;
    return running;
  });
  const metrics: Metrics = {
    durations: createHistogram(
      "meanwhile_operation_duration_seconds",
      "From the arrival of the request to its outcome.",
      durationBounds,
    ),
    interims: createCounter("meanwhile_interim_responses_total", "102s that were sent."),
    accepted: createCounter("meanwhile_operations_accepted_total", "Requests that were answered 202."),
    joined: createCounter("meanwhile_operations_joined_total", "Retries that joined a running operation."),
    resumed: createCounter("meanwhile_operations_resumed_total", "Retries that received a kept answer."),
    lost: createCounter(
      "meanwhile_operations_lost_total",
      "Operations whose answer reached no waiting client.",
    ),
    refused: createCounter(
      "meanwhile_operations_refused_total",
      "Operations that were not started: a limit.",
    ),
    include: (operations) => void engines.add(operations),
  };
  const { include: _, ...collected } = metrics;
  for (const metric of [open, ...Object.values<CollectedMetric>(collected)]) {
    registry.registerMetric(metric as never);
  }
  known.set(registry, metrics);
  return metrics;
}
