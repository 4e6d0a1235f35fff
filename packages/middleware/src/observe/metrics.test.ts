import { createOperations } from "@meanwhile/operations";
import { AggregatorRegistry, Registry } from "prom-client";
import { expect, test } from "vitest";
import { createCounter, createHistogram, mostSeries } from "./metric.ts";
import { metricsOf } from "./metrics.ts";

test("a registry of prom-client prints them, in the format of Prometheus", async () => {
  const registry = new Registry();
  const metrics = metricsOf(registry);
  metrics.include(createOperations());
  metrics.durations.observe(0.3, { method: "POST", route: "/reports", status: "2xx" });
  metrics.durations.observe(100_000, { method: "POST", route: "/reports", status: "2xx" });
  metrics.interims.count({ profile: 'cu"rl' });
  metrics.interims.count({ profile: 'cu"rl' });
  const text = await registry.metrics();
  expect(text).toContain("# TYPE meanwhile_operations_open gauge\nmeanwhile_operations_open 0");
  expect(text).toContain('meanwhile_interim_responses_total{profile="cu\\"rl"} 2');
  const labels = 'method="POST",route="/reports",status="2xx"';
  for (const line of [
    `_bucket{${labels},le="0.1"} 0`,
    `_bucket{${labels},le="0.5"} 1`,
    `_bucket{${labels},le="28800"} 1`,
    `_bucket{${labels},le="+Inf"} 2`,
    `_sum{${labels}} 100000.3`,
    `_count{${labels}} 2`,
  ])
    expect(text).toContain(`\nmeanwhile_operation_duration_seconds${line}\n`);
});

test("a registry for OpenMetrics prints counters with one _total", async () => {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  metricsOf(registry).lost.count();
  const text = await registry.metrics();
  expect(text).toContain("# TYPE meanwhile_operations_lost counter\nmeanwhile_operations_lost_total 1\n");
  expect(text).toMatch(/# EOF\n$/);
});

test("what the workers of a cluster counted is added up", async () => {
  const workers = [new Registry(), new Registry()];
  for (const registry of workers) metricsOf(registry).joined.count();
  const all = AggregatorRegistry.aggregate(await Promise.all(workers.map((one) => one.getMetricsAsJSON())));
  expect(await all.getSingleMetricAsString("meanwhile_operations_joined_total")).toMatch(/joined_total 2$/);
});

test("a registry has them once, however often it is given, and counts all engines", async () => {
  const registry = new Registry();
  const metrics = metricsOf(registry);
  expect(metricsOf(registry)).toBe(metrics);
  for (const _ of [1, 2]) {
    const operations = createOperations();
    const never = () => new Promise<never>(() => undefined);
    operations.start({ kind: "POST", target: "/", principal: undefined }, never, never as never);
    metrics.include(operations);
    metrics.include(operations);
  }
  expect(await registry.getSingleMetricAsString("meanwhile_operations_open")).toMatch(/ 2$/);
});

test("a registry that is reset begins again", async () => {
  const registry = new Registry();
  const { joined, durations } = metricsOf(registry);
  joined.count();
  durations.observe(1);
  registry.resetMetrics();
  expect((await joined.get()).values).toEqual([]);
  expect((await durations.get()).values).toEqual([]);
});

test("labels that never end are counted as other, beyond so many", async () => {
  const counter = createCounter("c", "");
  for (let index = 0; index < mostSeries + 50; index += 1)
    counter.count({ route: `/${index}`, method: "POST" });
  counter.count({ route: "/0", method: "POST" });
  const { values } = await counter.get();
  expect(values.length).toBe(mostSeries);
  expect(values.at(-1)).toEqual({ labels: { route: "other", method: "other" }, value: 51 });
  expect(values[0]).toEqual({ labels: { route: "/0", method: "POST" }, value: 2 });
});

test("a value at the bound of a bucket is in it", async () => {
  const histogram = createHistogram("h", "", [1, 2]);
  for (const value of [1, 2, 3]) histogram.observe(value);
  const { values } = await histogram.get();
  expect(values.map(({ value }) => value)).toEqual([1, 2, 3, 6, 3]);
});
