import { expect, test } from "vitest";
import { claim } from "../../src/ctrl/controller-ref.ts";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { FakeCluster } from "../api/client/fake-client.ts";
import { FakeClock } from "../fake-clock.ts";

const pods = { group: "", version: "v1", resource: "pods" };

function setUp(owner: Partial<Pod["metadata"]> = {}, live: Partial<Pod["metadata"]> = {}) {
  const api = new FakeCluster(new FakeClock());
  const object = { metadata: { name: "web", namespace: "default", uid: "uid-web", ...owner } };
  const claimant = {
    object,
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    matches: (labels: Readonly<Record<string, string>>) => labels.app === "web",
  };
  const put = (name: string, app: string, ownerUid?: string, more: Partial<Pod["metadata"]> = {}) =>
    api.put<Pod>(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        namespace: "default",
        labels: { app },
        ...(ownerUid
          ? {
              ownerReferences: [
                { apiVersion: "apps/v1", kind: "ReplicaSet", name: "x", uid: ownerUid, controller: true },
              ],
            }
          : {}),
        ...more,
      },
    });
  const run = async (reads = { count: 0 }) => {
    const claimed = await claim(claimant, api.all<Pod>(pods), api.resource<Pod>(pods, "default"), async () => {
      reads.count++;
      return { metadata: { ...object.metadata, ...live } };
    });
    return claimed.map(({ metadata }) => metadata.name);
  };
  const ownersOf = (name: string) =>
    api.peek<Pod>(pods, name, "default")?.metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
  return { api, put, run, ownersOf };
}

test("claims its own, adopts matching orphans, releases what no longer matches, leaves the others alone", async () => {
  const { put, run, ownersOf } = setUp();
  put("mine", "web", "uid-web");
  put("orphan", "web");
  put("second-orphan", "web");
  put("astray", "debug", "uid-web");
  put("others", "web", "uid-other");
  put("stranger", "debug");
  const reads = { count: 0 };
  expect(await run(reads)).toEqual(["mine", "orphan", "second-orphan"]);
  expect(reads.count).toBe(1);
  expect(ownersOf("orphan")).toEqual(["uid-web"]);
  expect(ownersOf("astray")).toEqual([]);
  expect(ownersOf("others")).toEqual(["uid-other"]);
  expect(ownersOf("stranger")).toEqual([]);
});

test("one that is being deleted adopts and releases nothing", async () => {
  const { put, run, ownersOf } = setUp({ deletionTimestamp: "2026-01-01T00:00:00Z" });
  put("mine", "web", "uid-web");
  put("orphan", "web");
  put("astray", "debug", "uid-web");
  expect(await run()).toEqual(["mine"]);
  expect(ownersOf("astray")).toEqual(["uid-web"]);
});

test.each([
  ["another object has its name by now", { uid: "uid-new" }, /original ReplicaSet default\/web is gone/],
  [
    "it is being deleted, which the cache does not show yet",
    { deletionTimestamp: "2026-01-01T00:00:00Z" },
    /has just been deleted/,
  ],
])("adopts nothing when %s", async (_why, live, message) => {
  const { put, run, ownersOf } = setUp({}, live);
  put("orphan", "web");
  await expect(run()).rejects.toThrow(message);
  expect(ownersOf("orphan")).toEqual([]);
});

test("does not adopt an orphan that is being deleted, nor trips over one that is gone", async () => {
  const { api, put, run } = setUp();
  put("going", "web", undefined, { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x/y"] });
  put("gone", "web");
  put("mine", "web", "uid-web");
  api.react(({ verb, name }) => {
    if (verb === "patch" && name === "gone") api.remove(pods, "gone", "default");
    return undefined;
  });
  expect(await run()).toEqual(["mine"]);
});
