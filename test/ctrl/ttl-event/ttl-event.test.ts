import { afterEach, beforeEach, expect, test } from "vitest";
import type { Event } from "../../../src/machinery/types/core/v1.ts";
import { SimulatedCluster } from "../simulated-cluster.ts";

const events = { group: "", version: "v1", resource: "events" };

let cluster: SimulatedCluster;

beforeEach(async () => {
  cluster = await SimulatedCluster.start(["ttl-event"]);
});
afterEach(() => cluster.stop());

const names = () => cluster.api.all<Event>(events).map(({ metadata }) => metadata.name);
const at = (minutes: number) => new Date(cluster.clock.now() + minutes * 60_000).toISOString();
const put = (name: string, fields: Partial<Event> = {}, created = at(0)) =>
  cluster.api.put<Event>(events, {
    metadata: { name, namespace: "default", creationTimestamp: created },
    involvedObject: {},
    ...fields,
  });

test("an event goes an hour after it last happened, and not before", async () => {
  put("once");
  put("again", { lastTimestamp: at(30) });
  put("series", { series: { count: 2, lastObservedTime: at(30) } });
  await cluster.clock.run(59 * 60_000);
  expect(names()).toEqual(["once", "again", "series"]);
  await cluster.clock.run(10 * 60_000);
  expect(names()).toEqual(["again", "series"]);
  await cluster.clock.run(30 * 60_000);
  expect(names()).toEqual([]);
});

test("a clock that is set forward ages no event", async () => {
  put("before");
  await cluster.clock.run(10 * 60_000);
  cluster.clock.jump(3_600_000);
  put("after");
  await cluster.clock.run(45 * 60_000);
  expect(names()).toEqual(["before", "after"]);
  await cluster.clock.run(75 * 60_000);
  expect(names()).toEqual([]);
});

test("one that happens again while it is being taken away stays", async () => {
  put("again");
  let touched = false;
  cluster.api.react((call) => {
    if (call.verb === "delete" && !touched) {
      touched = true;
      put("again", { lastTimestamp: at(0), count: 2 });
    }
    return undefined;
  });
  await cluster.clock.run(70 * 60_000);
  expect(touched).toBe(true);
  expect(names()).toEqual(["again"]);
});
