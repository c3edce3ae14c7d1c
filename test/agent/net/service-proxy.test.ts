import { beforeEach, expect, test, vi } from "vitest";
import type { Nft } from "../../../src/agent/net/nft.ts";
import { ServiceDirectory } from "../../../src/agent/net/service-directory.ts";
import { ServiceProxy } from "../../../src/agent/net/service-proxy.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { FakeClock } from "../../fake-clock.ts";
import { serviceOf, sliceOf } from "./objects.ts";

class FakeNft implements Nft {
  readonly applied: string[] = [];
  failure: Error | undefined;
  table = false;
  async apply(text: string): Promise<void> {
    if (this.failure) throw this.failure;
    this.applied.push(text);
    this.table = true;
  }
  check(): Promise<void> {
    return Promise.resolve();
  }
  async hasTable(): Promise<boolean> {
    return this.table;
  }
  /** Whether the transaction made the table anew. */
  get wholes(): boolean[] {
    return this.applied.map((text) => text.includes("delete table ip kl-pods"));
  }
}

let clock: FakeClock;
let nft: FakeNft;
let directory: ServiceDirectory;
let proxy: ServiceProxy;
const beforeSync = vi.fn(async () => undefined);

beforeEach(() => {
  clock = new FakeClock();
  nft = new FakeNft();
  directory = new ServiceDirectory();
  proxy = new ServiceProxy({
    directory,
    nft,
    table: {
      family: "ip",
      name: "kl-pods",
      podInterface: "kl-pods",
      bridgeFiltered: true,
      routesLoopback: true,
      podCidr: "10.42.0.0/24",
      clusterCidr: "10.42.0.0/16",
    },
    nodeName: "n1",
    beforeSync,
    clock,
    log: silentLogger,
  });
  beforeSync.mockClear();
});

async function begun(): Promise<void> {
  directory.set("services", serviceOf("web"));
  proxy.start();
  directory.synced();
  clock.advance(0);
  await proxy.settled();
}

test("nothing is touched before the picture is complete, and then all is put in at once", async () => {
  directory.set("services", serviceOf("web"));
  proxy.start();
  clock.advance(1000);
  expect(nft.applied).toEqual([]);
  directory.set("endpointslices", sliceOf("web", ["10.42.0.2"]));
  directory.synced();
  clock.advance(0);
  await proxy.settled();
  expect(nft.wholes).toEqual([true]);
  expect(nft.applied[0]).toContain("dnat ip to 10.42.0.2:8080");
  expect(beforeSync).toHaveBeenCalledTimes(1);
});

test("changes of a moment are one transaction, and hold only what changed", async () => {
  await begun();
  clock.advance(100);
  directory.set("endpointslices", sliceOf("web", ["10.42.0.2"]));
  directory.set("services", serviceOf("other", { clusterIP: "10.43.1.2" }));
  directory.set("endpointslices", sliceOf("other", ["10.42.0.3"]));
  clock.advance(3);
  expect(nft.applied).toHaveLength(1);
  clock.advance(1);
  await proxy.settled();
  expect(nft.wholes).toEqual([true, false]);
  expect(nft.applied[1]?.split("\n")).toEqual([
    "add chain ip kl-pods svc/default/web/tcp/80",
    "add chain ip kl-pods svc/default/other/tcp/80",
    "add rule ip kl-pods svc/default/web/tcp/80 meta l4proto tcp dnat ip to 10.42.0.2:8080",
    "add rule ip kl-pods svc/default/other/tcp/80 meta l4proto tcp dnat ip to 10.42.0.3:8080",
    "add element ip kl-pods cluster-ips { 10.43.1.2 }",
    "add element ip kl-pods hairpin { 10.42.0.2 . 10.42.0.2, 10.42.0.3 . 10.42.0.3 }",
    "add element ip kl-pods service-ips { 10.43.1.1 . tcp . 80 : goto svc/default/web/tcp/80, 10.43.1.2 . tcp . 80 : goto svc/default/other/tcp/80 }",
    "",
  ]);
});

test("a change that is none runs nothing", async () => {
  await begun();
  const slice = sliceOf("web", ["10.42.0.2"]);
  directory.set("endpointslices", slice);
  clock.advance(10);
  await proxy.settled();
  directory.set("endpointslices", slice);
  directory.set("endpointslices", { ...slice, metadata: { ...slice.metadata, resourceVersion: "x" } });
  clock.advance(10);
  await proxy.settled();
  expect(nft.applied).toHaveLength(2);
});

test("after a failure the whole table is tried, ever more seldom", async () => {
  await begun();
  nft.failure = new Error("busy");
  directory.set("endpointslices", sliceOf("web", ["10.42.0.2"]));
  clock.advance(10);
  const delays: (number | undefined)[] = [];
  for (let attempt = 0; attempt < 4; attempt++) {
    await vi.waitFor(() => expect(clock.pending).toBe(2));
    delays.push(clock.next);
    clock.advance(clock.next ?? 0);
  }
  expect(delays).toEqual([500, 1000, 2000, 4000]);
  await vi.waitFor(() => expect(clock.pending).toBe(2));
  nft.failure = undefined;
  clock.advance(8000);
  await proxy.settled();
  expect(nft.wholes).toEqual([true, true]);
  expect(nft.applied[1]).toContain("dnat ip to 10.42.0.2:8080");
});

test("a table that somebody took away is put in again", async () => {
  await begun();
  clock.advance(60_000);
  await vi.waitFor(() => expect(clock.pending).toBe(1));
  expect(nft.applied).toHaveLength(1);
  nft.table = false;
  clock.advance(60_000);
  await vi.waitFor(() => {
    clock.advance(10);
    expect(nft.wholes).toEqual([true, true]);
  });
});

test("after a break in the link, only what is not told again goes", async () => {
  const web = serviceOf("web");
  const slice = sliceOf("web", ["10.42.0.2"]);
  directory.set("services", serviceOf("gone", { clusterIP: "10.43.1.9" }));
  directory.set("services", web);
  directory.set("endpointslices", slice);
  proxy.start();
  directory.synced();
  clock.advance(0);
  await proxy.settled();
  clock.advance(100);
  directory.reset();
  directory.set("services", web);
  directory.set("endpointslices", slice);
  clock.advance(100);
  expect(nft.applied).toHaveLength(1);
  directory.synced();
  clock.advance(10);
  await proxy.settled();
  expect(nft.applied.slice(1)).toEqual(["delete element ip kl-pods cluster-ips { 10.43.1.9 }\n"]);
});

test("a stopped proxy changes nothing any more, and leaves what is there", async () => {
  await begun();
  await proxy.stop();
  directory.set("endpointslices", sliceOf("web", ["10.42.0.2"]));
  clock.advance(120_000);
  expect(nft.applied).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test("a clock that is set back holds up no change", async () => {
  await begun();
  clock.jump(-3_600_000);
  directory.set("endpointslices", sliceOf("web", ["10.42.0.3"]));
  clock.advance(20);
  await proxy.settled();
  expect(nft.applied.at(-1)).toContain("10.42.0.3");
});
