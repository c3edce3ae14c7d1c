import { beforeEach, describe, expect, test } from "vitest";
import { createInformerFactory } from "../../../src/api/client/factory.ts";
import type { Informer, InformerFactory } from "../../../src/api/client/types.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { keyOf } from "../../../src/machinery/meta/object.ts";
import { failure } from "../../../src/machinery/status/error.ts";
import type { ConfigMap } from "../../../src/machinery/types/core/v1.ts";
import { FakeClock, settle } from "../../fake-clock.ts";
import { FakeCluster } from "./fake-client.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };

let clock: FakeClock;
let cluster: FakeCluster;
let factory: InformerFactory;
let informer: Informer<ConfigMap>;
let told: string[];

const put = (name: string, data: Record<string, string> = {}, namespace = "a", uid?: string): ConfigMap =>
  cluster.put<ConfigMap>(configMaps, { metadata: { name, namespace, ...(uid ? { uid } : {}) }, data });

const recorder = (into: string[]) => ({
  add: (object: ConfigMap) => void into.push(`+${keyOf(object)}`),
  update: (object: ConfigMap, old: ConfigMap) => void into.push(`~${keyOf(object)} ${old.data?.v}>${object.data?.v}`),
  delete: (object: ConfigMap) => void into.push(`-${keyOf(object)}`),
});

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster(clock);
  factory = createInformerFactory({ client: cluster, clock, log: silentLogger, random: () => 0 });
  informer = factory.informer<ConfigMap>(configMaps);
  told = [];
  informer.addHandler(recorder(told));
  return () => factory.stop();
});

async function started(): Promise<void> {
  factory.start();
  await factory.synced();
  await settle();
}

describe("a synced informer", () => {
  test("has the list, then every change in order", async () => {
    put("one", { v: "1" });
    expect(informer.hasSynced).toBe(false);
    await started();
    expect(informer.hasSynced).toBe(true);
    put("two", { v: "1" });
    put("one", { v: "2" });
    cluster.remove(configMaps, "two", "a");
    await settle();
    expect(told).toEqual(["+a/one", "+a/two", "~a/one 1>2", "-a/two"]);
    expect(informer.lister.list().map(keyOf)).toEqual(["a/one"]);
  });

  test("shares its objects instead of copying them", async () => {
    put("one");
    await started();
    expect(informer.lister.get("a/one")).toBe(cluster.peek(configMaps, "one", "a"));
    expect(factory.informer(configMaps)).toBe(informer);
    expect(informer.lister.list()).toBe(informer.lister.list());
  });

  test("tells a late handler of everything in the cache, once", async () => {
    put("one");
    await started();
    const late: string[] = [];
    informer.addHandler(recorder(late));
    expect(late).toEqual(["+a/one"]);
    put("two");
    await settle();
    expect(late).toEqual(["+a/one", "+a/two"]);
  });

  test("tells a handler that another handler adds of each object once", async () => {
    put("one");
    put("two");
    const late: string[] = [];
    let added = false;
    informer.addHandler({
      add: () => {
        if (!added) informer.addHandler(recorder(late));
        added = true;
      },
    });
    await started();
    expect(late.sort()).toEqual(["+a/one", "+a/two"]);
  });

  test("lists by namespace and by index as objects come, change and go", async () => {
    informer.addIndex("v", (object) => (object.data?.v ? [object.data.v] : []));
    put("one", { v: "x" });
    put("two", { v: "x" }, "b");
    await started();
    expect(informer.lister.byIndex("v", "x").map(keyOf)).toEqual(["a/one", "b/two"]);
    expect(informer.lister.list("b").map(keyOf)).toEqual(["b/two"]);
    put("one", { v: "y" });
    cluster.remove(configMaps, "two", "b");
    await settle();
    expect(informer.lister.byIndex("v", "x")).toEqual([]);
    expect(informer.lister.byIndex("v", "y").map(keyOf)).toEqual(["a/one"]);
    expect(informer.lister.list("b")).toEqual([]);
    expect(() => informer.addIndex("late", () => [])).toThrow("too late");
  });

  test("goes on when a handler throws", async () => {
    informer.addHandler({
      add: () => {
        throw new Error("faulty");
      },
    });
    const after: string[] = [];
    informer.addHandler(recorder(after));
    put("one");
    await started();
    put("two");
    await settle();
    expect(after).toEqual(["+a/one", "+a/two"]);
  });
});

describe("when the server fails it", () => {
  test("a watch that ends is resumed from the last revision, bookmarks included", async () => {
    put("one");
    await started();
    cluster.put({ group: "", version: "v1", resource: "secrets" }, { metadata: { name: "s", namespace: "a" } });
    await settle();
    cluster.bookmark();
    await settle();
    cluster.expire();
    cluster.closeWatches();
    put("two");
    await settle();
    await clock.run(1000);
    expect(told).toEqual(["+a/one", "+a/two"]);
    expect(cluster.calls.filter((call) => call.verb === "list")).toHaveLength(1);
  });

  test("410 leads to a new list, told as the differences", async () => {
    put("stays", { v: "1" });
    put("changes", { v: "1" });
    put("goes", { v: "1" });
    put("reborn", { v: "1" }, "a", "uid-1");
    await started();
    told.length = 0;
    const allow = cluster.react((call) => (call.verb === "watch" ? failure(500, "InternalError", "down") : undefined));
    cluster.closeWatches();
    await settle();
    put("changes", { v: "2" });
    put("comes");
    cluster.remove(configMaps, "goes", "a");
    cluster.remove(configMaps, "reborn", "a");
    put("reborn", { v: "2" }, "a", "uid-2");
    cluster.expire();
    allow();
    await clock.run(10_000);
    expect(told.sort()).toEqual(["+a/comes", "+a/reborn", "-a/goes", "-a/reborn", "~a/changes 1>2"]);
    told.length = 0;
    put("stays", { v: "3" });
    await settle();
    expect(told).toEqual(["~a/stays 1>3"]);
  });

  test("a failing list is tried again with growing delays and synced() waits", async () => {
    put("one");
    const times: number[] = [];
    const start = clock.now();
    const allow = cluster.react((call) => {
      if (call.verb !== "list") return undefined;
      times.push(clock.now() - start);
      return failure(503, "ServiceUnavailable", "not yet");
    });
    factory.start();
    await clock.run(12_000);
    expect(times).toEqual([0, 800, 2400, 5600, 12_000]);
    expect(informer.hasSynced).toBe(false);
    allow();
    await clock.run(13_000);
    await factory.synced();
    expect(told).toEqual(["+a/one"]);
  });

  test("stop ends the watch, and no handler is called any more", async () => {
    await started();
    await factory.stop();
    put("one");
    await settle();
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
