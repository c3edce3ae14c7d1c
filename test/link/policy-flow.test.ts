import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DesiredKind, DesiredStateSink, ServerLink } from "../../proto/agent.ts";
import { createInformerFactory } from "../../src/api/client/factory.ts";
import type { InformerFactory } from "../../src/api/client/types.ts";
import { createNodeLinks } from "../../src/link/node-links.ts";
import { peerOf } from "../../src/link/policy-peer.ts";
import * as resources from "../../src/link/resources.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import { keyOf } from "../../src/machinery/meta/object.ts";
import type { Namespace, Pod } from "../../src/machinery/types/core/v1.ts";
import type { NetworkPolicy } from "../../src/machinery/types/networking/v1.ts";
import { FakeCluster } from "../api/client/fake-client.ts";
import { FakeClock } from "../fake-clock.ts";

const kinds: readonly DesiredKind[] = ["networkpolicies", "namespaces", "policypeers"];
let cluster: FakeCluster;
let informers: InformerFactory;
let link: ServerLink;
let calls: string[];

const sink: DesiredStateSink = {
  reset: () => calls.push("reset"),
  set: (kind, object) => calls.push(`set ${kind} ${keyOf(object)}`),
  remove: (kind, { namespace, name }) => calls.push(`remove ${kind} ${namespace ? `${namespace}/` : ""}${name}`),
  synced: () => calls.push("synced"),
};

function putPod(name: string, podIP: string | undefined, change: Partial<Pod["metadata"]> = {}): Pod {
  return cluster.put<Pod>(resources.pods, {
    metadata: { name, namespace: "a", ...change },
    spec: { nodeName: "n2", containers: [{ name: "c", image: "x", env: [{ name: "SECRET", value: "s" }] }] },
    status: { phase: "Running", ...(podIP ? { podIP, podIPs: [{ ip: podIP }] } : {}) },
  });
}
const putPolicy = (name: string) =>
  cluster.put<NetworkPolicy>(resources.networkPolicies, { metadata: { name, namespace: "a" }, spec: {} });

beforeEach(async () => {
  calls = [];
  cluster = new FakeCluster(new FakeClock());
  informers = createInformerFactory({ client: cluster, clock: new FakeClock(), log: silentLogger });
  link = createNodeLinks({ client: cluster, informers, clock: new FakeClock(), log: silentLogger }).connect("n1");
  cluster.put<Namespace>(resources.namespaces, { metadata: { name: "a", labels: { team: "red" } } });
  putPod("one", "10.42.1.2");
});
afterEach(() => informers.stop());

async function subscribed(): Promise<() => void> {
  const end = link.subscribe(sink, kinds);
  informers.start();
  await vi.waitFor(() => expect(calls).toContain("synced"));
  return end;
}

test("without policies nothing is told of pods and namespaces; with the first one they come before it", async () => {
  await subscribed();
  putPod("two", "10.42.1.3");
  expect(calls).toEqual(["reset", "synced"]);
  putPolicy("deny");
  await vi.waitFor(() => expect(calls).toContain("set networkpolicies a/deny"));
  expect(calls.slice(2)).toEqual([
    "set namespaces a",
    "set policypeers a/one",
    "set policypeers a/two",
    "set networkpolicies a/deny",
  ]);
});

test("they go with the last policy", async () => {
  putPolicy("first");
  putPolicy("second");
  await subscribed();
  expect(calls).toHaveLength(6);
  calls = [];
  cluster.remove(resources.networkPolicies, "first", "a");
  cluster.remove(resources.networkPolicies, "second", "a");
  await vi.waitFor(() => expect(calls).toContain("remove namespaces a"));
  expect(calls).toEqual([
    "remove networkpolicies a/first",
    "remove networkpolicies a/second",
    "remove policypeers a/one",
    "remove namespaces a",
  ]);
});

test("a pod is told again only when what policies look at has changed, and goes with its address", async () => {
  putPolicy("deny");
  const end = await subscribed();
  calls = [];
  putPod("one", "10.42.1.2", { annotations: { a: "1" } });
  putPod("none", undefined);
  putPod("one", "10.42.1.2", { labels: { app: "web" } });
  await vi.waitFor(() => expect(calls).toEqual(["set policypeers a/one"]));
  const ended = putPod("one", "10.42.1.2", { labels: { app: "web" } });
  cluster.put<Pod>(resources.pods, { ...ended, status: { ...ended.status, phase: "Succeeded" } });
  await vi.waitFor(() => expect(calls).toEqual(["set policypeers a/one", "remove policypeers a/one"]));
  end();
  putPod("three", "10.42.1.4");
  putPolicy("more");
  await vi.waitFor(() => expect(informers.known(resources.networkPolicies)?.lister.get("a/more")).toBeDefined());
  expect(calls).toHaveLength(2);
});

test("a peer has a pod's labels, addresses and named ports, and nothing else of it", () => {
  const containers = [
    { name: "a", image: "x", env: [{ name: "SECRET", value: "s" }], ports: [{ name: "web", containerPort: 80 }] },
    { name: "b", image: "x", ports: [{ containerPort: 81 }] },
  ];
  const initContainers = [
    { name: "i", image: "x", ports: [{ name: "init", containerPort: 1 }] },
    { name: "s", image: "x", restartPolicy: "Always", ports: [{ name: "dns", containerPort: 53, protocol: "UDP" }] },
  ];
  const pod: Pod = {
    metadata: { name: "p", namespace: "a", uid: "u", labels: { app: "web" }, annotations: { x: "y" } },
    spec: { nodeName: "n1", containers, initContainers },
    status: { phase: "Running", podIP: "10.42.0.2" },
  };
  expect(peerOf(pod)).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "a", uid: "u", labels: { app: "web" } },
    spec: {
      nodeName: "n1",
      containers: [
        {
          name: "ports",
          ports: [
            { name: "dns", containerPort: 53, protocol: "UDP" },
            { name: "web", containerPort: 80, protocol: "TCP" },
          ],
        },
      ],
    },
    status: { podIPs: [{ ip: "10.42.0.2" }] },
  });
  expect(peerOf({ ...pod, spec: { containers, hostNetwork: true } })).toBeUndefined();
});
