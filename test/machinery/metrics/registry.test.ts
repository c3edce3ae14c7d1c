import { expect, it } from "vitest";
import { MetricRegistry } from "../../../src/machinery/metrics/registry.ts";

it("writes Prometheus' text format", async () => {
  const metrics = new MetricRegistry();
  const depth = metrics.gauge("workqueue_depth", "Current depth.");
  depth.series({ name: 'a"b\\c\nd' }).value = 2;
  const seconds = metrics.histogram("a_seconds", "Time.", [0.5, 1]).series({ verb: "GET" });
  for (const value of [0.5, 0.6, 7]) seconds.observe(value);
  metrics.collected("b_total", "Looked up.", "counter", () => [{ labels: {}, value: 3 }]);
  metrics.counter("unused_total", "Nothing yet.");
  expect(await metrics.text()).toBe(`# HELP a_seconds Time.
# TYPE a_seconds histogram
a_seconds_bucket{verb="GET",le="0.5"} 1
a_seconds_bucket{verb="GET",le="1"} 2
a_seconds_bucket{verb="GET",le="+Inf"} 3
a_seconds_sum{verb="GET"} 8.1
a_seconds_count{verb="GET"} 3
# HELP b_total Looked up.
# TYPE b_total counter
b_total 3
# HELP workqueue_depth Current depth.
# TYPE workqueue_depth gauge
workqueue_depth{name="a\\"b\\\\c\\nd"} 2
`);
  expect(depth.series({ name: 'a"b\\c\nd' })).toBe(depth.series({ name: 'a"b\\c\nd' }));
});
