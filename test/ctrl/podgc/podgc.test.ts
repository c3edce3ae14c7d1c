import { afterEach, expect, test } from "vitest";
import { createInformerFactory } from "../../../src/api/client/factory.ts";
import { createPodGc } from "../../../src/ctrl/podgc/podgc.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { failure } from "../../../src/machinery/status/error.ts";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { FakeCluster } from "../../api/client/fake-client.ts";
import { FakeClock, settle } from "../../fake-clock.ts";

const pods = { group: "", version: "v1", resource: "pods" };
const nodes = { group: "", version: "v1", resource: "nodes" };

let end: () => Promise<void> = () => Promise.resolve();
afterEach(() => end());

async function start(threshold = 12_500) {
  const clock = new FakeClock();
  const cluster = new FakeCluster(clock);
  const informers = createInformerFactory({ client: cluster, clock, log: silentLogger });
  const controller = createPodGc(
    {
      client: cluster,
      informers,
      clock,
      log: silentLogger,
      events: { event: () => undefined },
      definitions: () => [],
      rootCertificate: "",
    },
    threshold,
  );
  informers.start();
  await informers.synced();
  controller.start();
  end = async () => {
    await controller.stop();
    await informers.stop();
  };
  const put = (
    name: string,
    fields: { nodeName?: string; phase?: string; deleting?: boolean; created?: string; reason?: string },
  ) =>
    cluster.put<Pod>(pods, {
      metadata: {
        name,
        namespace: "default",
        ...(fields.created ? { creationTimestamp: fields.created } : {}),
        ...(fields.deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
      },
      spec: { containers: [], ...(fields.nodeName ? { nodeName: fields.nodeName } : {}) },
      status: { phase: fields.phase ?? "Running", ...(fields.reason ? { reason: fields.reason } : {}) },
    });
  const names = () => cluster.all<Pod>(pods).map(({ metadata }) => metadata.name);
  return { clock, cluster, put, names };
}

test("pods of a node that is gone fail and go, after a quarantine and a look at the API server itself", async () => {
  const { clock, cluster, put, names } = await start();
  cluster.put(nodes, { metadata: { name: "here" } });
  put("orphan", { nodeName: "gone" });
  put("at-home", { nodeName: "here" });
  await clock.run(59_000);
  expect(names()).toEqual(["orphan", "at-home"]);
  await clock.run(10_000);
  expect(names()).toEqual(["at-home"]);
  const patch = cluster.calls.find(({ verb }) => verb === "patch");
  expect(patch).toMatchObject({
    subresource: "status",
    body: {
      patch: {
        status: {
          phase: "Failed",
          conditions: [
            {
              type: "DisruptionTarget",
              status: "True",
              reason: "DeletionByPodGC",
              message: "PodGC: node no longer exists",
            },
          ],
        },
      },
    },
  });
});

test("a node that the API server still knows loses nothing, however the cache looks", async () => {
  const { clock, cluster, put, names } = await start();
  put("p", { nodeName: "lagging" });
  cluster.react((call) =>
    call.verb === "watch" && call.resource === "nodes" ? failure(500, "InternalError", "x") : undefined,
  );
  cluster.closeWatches();
  await settle();
  cluster.put(nodes, { metadata: { name: "lagging" } });
  await clock.run(200_000);
  expect(names()).toEqual(["p"]);
});

test("pods deleted before they had a node go at once, those on nodes out of service too", async () => {
  const { clock, cluster, put, names } = await start();
  const taints = [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }];
  cluster.put(nodes, { metadata: { name: "dead" }, spec: { taints } } as never);
  cluster.put(nodes, { metadata: { name: "well" } });
  put("never-placed", { phase: "Pending", deleting: true });
  put("on-dead", { nodeName: "dead", deleting: true });
  put("on-well", { nodeName: "well", deleting: true });
  await clock.run(21_000);
  expect(names()).toEqual(["on-well"]);
});

test("beyond the limit the ended pods go, evicted ones first, then the oldest", async () => {
  const { clock, cluster, put, names } = await start(2);
  cluster.put(nodes, { metadata: { name: "n" } });
  put("old", { nodeName: "n", phase: "Succeeded", created: "2026-01-01T00:00:01Z" });
  put("older", { nodeName: "n", phase: "Failed", created: "2026-01-01T00:00:00Z" });
  put("evicted", { nodeName: "n", phase: "Failed", created: "2026-01-01T00:00:05Z", reason: "Evicted" });
  put("young", { nodeName: "n", phase: "Failed", created: "2026-01-01T00:00:09Z" });
  put("running", { nodeName: "n" });
  await clock.run(21_000);
  expect(names()).toEqual(["old", "young", "running"]);
});
