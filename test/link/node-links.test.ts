import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { DesiredKind, DesiredStateSink, ServerLink } from "../../proto/agent.ts";
import { createInformerFactory } from "../../src/api/client/factory.ts";
import type { InformerFactory } from "../../src/api/client/types.ts";
import { createNodeLinks } from "../../src/link/node-links.ts";
import * as resources from "../../src/link/resources.ts";
import type { NodeLinks } from "../../src/link/types.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import { type KubeObject, keyOf } from "../../src/machinery/meta/object.ts";
import { failure } from "../../src/machinery/status/error.ts";
import type { Lease } from "../../src/machinery/types/coordination/v1.ts";
import type { ConfigMap, Event, Node, Pod, PodSpec, Secret, Service } from "../../src/machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../src/machinery/types/discovery/v1.ts";
import { FakeCluster } from "../api/client/fake-client.ts";
import { FakeClock } from "../fake-clock.ts";

let clock: FakeClock;
let cluster: FakeCluster;
let informers: InformerFactory;
let links: NodeLinks;
let link: ServerLink;

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster(clock);
  informers = createInformerFactory({ client: cluster, clock, log: silentLogger });
  links = createNodeLinks({ client: cluster, informers, clock, log: silentLogger });
  link = links.connect("n1");
});
afterEach(() => informers.stop());

/** Keeps what an agent would know, and every call in order. */
class Sink implements DesiredStateSink {
  readonly calls: string[] = [];
  readonly known = new Map<string, KubeObject>();
  reset(): void {
    this.calls.push("reset");
    this.known.clear();
  }
  set(kind: DesiredKind, object: KubeObject): void {
    this.calls.push(`set ${kind} ${keyOf(object)}`);
    this.known.set(`${kind} ${keyOf(object)}`, object);
  }
  remove(kind: DesiredKind, { namespace, name }: { namespace: string; name: string }): void {
    this.calls.push(`remove ${kind} ${namespace}/${name}`);
    this.known.delete(`${kind} ${namespace}/${name}`);
  }
  synced(): void {
    this.calls.push("synced");
  }
}

function putPod(name: string, nodeName: string, spec: Partial<PodSpec> = {}): Pod {
  const containers = [{ name: "app", image: "x" }];
  return cluster.put<Pod>(resources.pods, {
    metadata: { name, namespace: "default" },
    spec: { containers, ...spec, nodeName },
  });
}
const putConfigMap = (name: string, data: Record<string, string>) =>
  cluster.put<ConfigMap>(resources.configMaps, { metadata: { name, namespace: "default" }, data });
const refOf = ({ metadata: { namespace = "", name = "", uid = "" } }: Pod) => ({ namespace, name, uid });

async function started(sink: Sink, kinds?: readonly DesiredKind[]): Promise<() => void> {
  const end = link.subscribe(sink, kinds);
  informers.start();
  await vi.waitFor(() => expect(sink.calls).toContain("synced"));
  return end;
}

describe("desired state", () => {
  test("a node hears of its pods and of what they refer to, objects before pods", async () => {
    cluster.put<Secret>(resources.secrets, { metadata: { name: "pull", namespace: "default" } });
    cluster.put<Secret>(resources.secrets, { metadata: { name: "unrelated", namespace: "default" } });
    putConfigMap("settings", { a: "1" });
    cluster.put<Service>(resources.services, { metadata: { name: "web", namespace: "default" } });
    putPod("mine", "n1", {
      imagePullSecrets: [{ name: "pull" }],
      containers: [{ name: "app", envFrom: [{ configMapRef: { name: "settings" } }] }],
    });
    putPod("other", "n2");
    putPod("unassigned", "");
    const sink = new Sink();
    await started(sink);
    expect(sink.calls).toEqual([
      "reset",
      "set services default/web",
      "set secrets default/pull",
      "set configmaps default/settings",
      "set pods default/mine",
      "synced",
    ]);
  });

  test("whoever asks hears of every Service and EndpointSlice, and of nothing else", async () => {
    const slice = (name: string) =>
      cluster.put<EndpointSlice>(resources.endpointSlices, {
        metadata: { name, namespace: "default" },
        addressType: "IPv4",
      });
    slice("web-1");
    putPod("mine", "n1");
    const sink = new Sink();
    const end = await started(sink, ["services", "endpointslices"]);
    expect(sink.calls).toEqual(["reset", "set endpointslices default/web-1", "synced"]);
    slice("web-2");
    cluster.put<Service>(resources.services, { metadata: { name: "web", namespace: "default" } });
    await vi.waitFor(() => expect(sink.known.size).toBe(3));
    cluster.remove(resources.endpointSlices, "web-1", "default");
    await vi.waitFor(() => expect(sink.calls).toContain("remove endpointslices default/web-1"));
    end();
    const calls = sink.calls.length;
    slice("web-3");
    const second = new Sink();
    link.subscribe(second, ["endpointslices"]);
    await vi.waitFor(() => expect([...second.known.keys()]).toContain("endpointslices default/web-3"));
    expect(sink.calls).toHaveLength(calls);
  });

  test("changes come as they happen, and only to whom they concern", async () => {
    const sink = new Sink();
    const end = await started(sink);
    const pod = putPod("late", "n1", {
      volumes: [
        { name: "v", projected: { sources: [{ configMap: { name: "settings" } }, { secret: { name: "s" } }] } },
        { name: "w", secret: { secretName: "t" } },
      ],
    });
    await vi.waitFor(() => expect(sink.known.has("pods default/late")).toBe(true));
    putConfigMap("settings", { a: "1" });
    putConfigMap("unrelated", {});
    await vi.waitFor(() => expect(sink.known.has("configmaps default/settings")).toBe(true));
    expect(sink.known.has("configmaps default/unrelated")).toBe(false);
    cluster.remove(resources.pods, "late", "default");
    await vi.waitFor(() => expect([...sink.known.keys()]).toEqual([]));
    putConfigMap("settings", { a: "2" });
    cluster.put(resources.pods, { ...pod, metadata: { name: "again", namespace: "default" } });
    await vi.waitFor(() => expect(sink.known.has("pods default/again")).toBe(true));
    expect((sink.known.get("configmaps default/settings") as ConfigMap).data).toEqual({ a: "2" });
    end();
    const calls = sink.calls.length;
    putPod("more", "n1");
    const second = new Sink();
    link.subscribe(second);
    await vi.waitFor(() => expect(second.known.has("pods default/more")).toBe(true));
    expect(sink.calls).toHaveLength(calls);
  });

  test("two pods that share an object: it goes with the last one", async () => {
    putConfigMap("shared", {});
    const uses = { volumes: [{ name: "v", configMap: { name: "shared" } }] };
    putPod("a", "n1", uses);
    putPod("b", "n1", uses);
    const sink = new Sink();
    await started(sink);
    expect(sink.calls.filter((call) => call.startsWith("set configmaps"))).toHaveLength(1);
    cluster.remove(resources.pods, "a", "default");
    await vi.waitFor(() => expect(sink.known.has("pods default/a")).toBe(false));
    expect(sink.known.has("configmaps default/shared")).toBe(true);
    cluster.remove(resources.pods, "b", "default");
    await vi.waitFor(() => expect(sink.known.has("configmaps default/shared")).toBe(false));
  });

  test("an agent that asks for pods alone hears of nothing else", async () => {
    putConfigMap("settings", {});
    cluster.put<Service>(resources.services, { metadata: { name: "web", namespace: "default" } });
    putPod("mine", "n1", { volumes: [{ name: "v", configMap: { name: "settings" } }] });
    const sink = new Sink();
    await started(sink, ["pods"]);
    expect(sink.calls).toEqual(["reset", "set pods default/mine", "synced"]);
  });
});

describe("statuses", () => {
  test("what the node decides is written, others' conditions are kept", async () => {
    informers.start();
    const pod = cluster.put<Pod>(resources.pods, {
      ...putPod("p", "n1"),
      status: {
        phase: "Pending",
        reason: "Old",
        qosClass: "Burstable",
        conditions: [{ type: "PodScheduled", status: "True" }],
      },
    });
    const status = {
      phase: "Running",
      podIP: "10.0.0.1",
      conditions: [{ type: "Ready", status: "True" }],
    };
    expect(await link.reportPodStatuses([{ pod: refOf(pod), status }])).toEqual(["ok"]);
    expect(cluster.peek<Pod>(resources.pods, "p", "default")?.status).toEqual({
      phase: "Running",
      podIP: "10.0.0.1",
      qosClass: "Burstable",
      conditions: [
        { type: "PodScheduled", status: "True" },
        { type: "Ready", status: "True" },
      ],
    });
    const writes = () => cluster.calls.filter(({ verb }) => verb === "patch").length;
    expect(writes()).toBe(1);
    await vi.waitFor(() => {
      expect(informers.informer<Pod>(resources.pods).lister.get("default/p")?.status?.phase).toBe("Running");
    });
    expect(await link.reportPodStatuses([{ pod: refOf(pod), status }])).toEqual(["ok"]);
    expect(writes()).toBe(1);
  });

  test("gone, or another pod of the same name: the report is not written", async () => {
    informers.start();
    await informers.synced();
    const pod = putPod("p", "n1");
    const status = { phase: "Running" };
    const stale = { ...refOf(pod), uid: "another" };
    const missing = { namespace: "default", name: "nobody", uid: "u" };
    const answers = await link.reportPodStatuses([
      { pod: stale, status },
      { pod: refOf(pod), status },
      { pod: missing, status },
    ]);
    expect(answers).toEqual(["gone", "ok", "gone"]);
  });

  test("a conflict is resolved by reading again", async () => {
    const pod = putPod("p", "n1");
    let refused = 0;
    cluster.react(({ verb }) => {
      if (verb !== "patch" || refused++ > 0) return undefined;
      return failure(409, "Conflict", "the object has been modified");
    });
    expect(await link.reportPodStatuses([{ pod: refOf(pod), status: { phase: "Running" } }])).toEqual(["ok"]);
    expect(refused).toBe(2);
  });

  test("a stopped pod is deleted, unless another has its name", async () => {
    const pod = putPod("p", "n1");
    await link.confirmPodStopped({ ...refOf(pod), uid: "another" });
    expect(cluster.peek(resources.pods, "p", "default")).toBeDefined();
    await link.confirmPodStopped(refOf(pod));
    expect(cluster.peek(resources.pods, "p", "default")).toBeUndefined();
    await link.confirmPodStopped(refOf(pod));
  });
});

describe("the node itself", () => {
  const node: Node = { metadata: { name: "n1", labels: { "kubernetes.io/hostname": "n1" } }, spec: {} };

  test("registering twice keeps what others have set", async () => {
    await link.register(node);
    cluster.put<Node>(resources.nodes, {
      metadata: { name: "n1", labels: { "kubernetes.io/hostname": "old", team: "blue" } },
      spec: { podCIDR: "10.42.0.0/24", unschedulable: true, taints: [{ key: "k", effect: "NoSchedule" }] },
    });
    const adopted = await link.register(node);
    expect(adopted.metadata.labels).toEqual({ "kubernetes.io/hostname": "n1", team: "blue" });
    expect(adopted.spec).toMatchObject({ podCIDR: "10.42.0.0/24", unschedulable: true });
  });

  test("status: maps and conditions are replaced, strangers' conditions stay, nothing new is not written", async () => {
    await link.register(node);
    informers.start();
    await informers.synced();
    await link.updateNodeStatus({ capacity: { cpu: "2", gone: "1" }, conditions: [{ type: "Ready", status: "True" }] });
    const current = cluster.peek<Node>(resources.nodes, "n1");
    cluster.put<Node>(resources.nodes, {
      ...(current ?? node),
      status: { ...current?.status, conditions: [{ type: "KernelDeadlock", status: "False" }] },
    });
    const status = { capacity: { cpu: "4" }, conditions: [{ type: "Ready", status: "False" }] };
    await link.updateNodeStatus(status);
    expect(cluster.peek<Node>(resources.nodes, "n1")?.status).toEqual({
      capacity: { cpu: "4" },
      conditions: [
        { type: "KernelDeadlock", status: "False" },
        { type: "Ready", status: "False" },
      ],
    });
  });

  test("the lease is made, renewed without reading, and made again when somebody removed it", async () => {
    const created = await link.register(node);
    informers.start();
    await informers.synced();
    await link.renewLease(40);
    clock.advance(10_000);
    await link.renewLease(40);
    expect(cluster.calls.filter(({ resource }) => resource.startsWith("leases")).map(({ verb }) => verb)).toEqual([
      "get",
      "create",
      "update",
    ]);
    const lease = () => cluster.peek<Lease>(resources.leases, "n1", "kube-node-lease");
    expect(lease()).toMatchObject({
      metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "n1", uid: created.metadata.uid }] },
      spec: { holderIdentity: "n1", leaseDurationSeconds: 40, renewTime: "2026-01-01T00:00:10.000000Z" },
    });
    cluster.remove(resources.leases, "n1", "kube-node-lease");
    await link.renewLease(40);
    expect(lease()).toBeDefined();
  });
});

test("events are created, repetitions counted, and what is refused does not stop the rest", async () => {
  const event = (name: string, count: number): Event => ({
    metadata: { name, namespace: "default" },
    involvedObject: { kind: "Pod", name: "p" },
    reason: "Pulled",
    message: `message ${count}`,
    count,
    lastTimestamp: `2026-01-01T00:00:0${count}Z`,
  });
  cluster.react(({ name, verb }) =>
    verb === "create" && name === "refused"
      ? failure(403, "Forbidden", "the namespace is being terminated")
      : undefined,
  );
  await link.recordEvents([event("refused", 1), event("e", 1), event("e", 2), event("expired", 7)]);
  const written = cluster.all<Event>(resources.events).map(({ metadata, count }) => `${metadata.name} ${count}`);
  expect(written).toEqual(["e 2", "expired 7"]);
});

test("nodes hear of each other's addresses and ranges, and of no more", async () => {
  const network = {
    metadata: { name: "cluster" },
    spec: {
      clusterCIDR: "10.42.0.0/16",
      serviceCIDR: "10.43.0.0/16",
      clusterDomain: "cluster.local",
      overlay: "vxlan" as const,
      vxlanID: 7,
    },
  };
  const own = createInformerFactory({ client: cluster, clock, log: silentLogger });
  const sink = new Sink();
  const address = { type: "InternalIP", address: "192.0.2.2" };
  const labels = { "topology.kubernetes.io/zone": "a", other: "x" };
  const put = (heartbeat: string, podCIDR?: string) =>
    cluster.put<Node>(resources.nodes, {
      metadata: { name: "n2", labels },
      spec: podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] },
      status: { addresses: [address], images: [{ names: [heartbeat] }] },
    });
  put("one");
  createNodeLinks({ client: cluster, informers: own, network, clock, log: silentLogger })
    .connect("n1")
    .subscribe(sink, ["peers", "clusternetworks"]);
  own.start();
  await vi.waitFor(() => expect(sink.calls).toContain("synced"));
  expect(sink.calls).toEqual(["reset", "set clusternetworks cluster", "set peers n2", "synced"]);
  put("two");
  put("three", "10.42.1.0/24");
  await vi.waitFor(() => expect(sink.known.get("peers n2")).toMatchObject({ spec: { podCIDR: "10.42.1.0/24" } }));
  expect(sink.known.get("peers n2")).toEqual({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n2", uid: expect.any(String), labels: { "topology.kubernetes.io/zone": "a" } },
    spec: { podCIDR: "10.42.1.0/24", podCIDRs: ["10.42.1.0/24"] },
    status: { addresses: [address] },
  });
  expect(sink.calls.filter((call) => call === "set peers n2")).toHaveLength(2);
  cluster.remove(resources.nodes, "n2");
  await vi.waitFor(() => expect(sink.calls).toContain("remove peers /n2"));
  await own.stop();
});
