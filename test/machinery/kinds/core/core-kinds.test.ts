import { describe, expect, it } from "vitest";
import { defaulted, definitionOf, faults, objectOf, row, texts, updateFaults } from "../support.ts";

const meta = { name: "x", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };
const now = Date.parse("2026-01-01T00:05:30Z");
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a Namespace", () => {
  it("is labelled with its name, active, and held by the finalizer kubernetes", () => {
    const namespace = defaulted("Namespace", { metadata: { name: "team" } });
    const { strategy } = definitionOf("Namespace");
    strategy.prepareForCreate?.(namespace);
    expect(namespace).toEqual({
      metadata: { name: "team", labels: { "kubernetes.io/metadata.name": "team" } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
    expect(strategy.holdsDeletion?.(namespace)).toBe(true);
    strategy.prepareForDelete?.(namespace);
    expect(namespace.status).toEqual({ phase: "Terminating" });
    expect(strategy.holdsDeletion?.({ ...namespace, spec: { finalizers: [] } })).toBe(false);
  });

  it("keeps its finalizers in an ordinary update", () => {
    const namespace = objectOf({ metadata: { name: "team" }, spec: { finalizers: [] } });
    const old = Object.freeze(
      objectOf({ metadata: { name: "team" }, spec: Object.freeze({ finalizers: ["kubernetes"] }) }),
    );
    definitionOf("Namespace").strategy.prepareForUpdate?.(namespace, old);
    expect(namespace.spec).toEqual({ finalizers: ["kubernetes"] });
  });

  it("is checked and printed", () => {
    expect(faults("Namespace", { metadata: meta, spec: { finalizers: ["mine"] } })).toEqual([
      'spec.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ]);
    expect(row("Namespace", { metadata: meta, status: { phase: "Active" } }, now)).toEqual({
      Name: "x",
      Status: "Active",
      Age: "5m30s",
    });
  });
});

describe("a ConfigMap", () => {
  it.each<[string, object, string[]]>([
    ["good", { data: { a: "1" }, binaryData: { b: base64("2") } }, []],
    [
      "a bad key",
      { data: { "a b": "1" } },
      [
        `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      ],
    ],
    [
      "one key twice",
      { data: { a: "1" }, binaryData: { a: base64("2") } },
      [
        'data[a]: Invalid value: "a": duplicate of key present in binaryData',
        'binaryData[a]: Invalid value: "a": duplicate of key present in data',
      ],
    ],
    ["too much", { data: { a: "x".repeat(1024 * 1024 + 1) } }, [": Too long: may not be more than 1048576 bytes"]],
  ])("is checked: %s", (_, fields, expected) => {
    expect(faults("ConfigMap", { metadata: meta, ...fields })).toEqual(expected);
  });

  it("stays as it is once it is immutable", () => {
    const old = { metadata: meta, immutable: true, data: { a: "1" } };
    expect(updateFaults("ConfigMap", { ...old, metadata: { ...meta, labels: { a: "b" } } }, old)).toEqual([]);
    expect(updateFaults("ConfigMap", { metadata: meta, data: { a: "2" } }, old)).toEqual([
      "immutable: Forbidden: field is immutable when `immutable` is set",
      "data: Forbidden: field is immutable when `immutable` is set",
    ]);
  });

  it("counts its keys", () => {
    expect(row("ConfigMap", { metadata: meta, data: { a: "" }, binaryData: { b: "" } }, now)).toMatchObject({
      Data: 2,
    });
  });
});

describe("a Secret", () => {
  it("is opaque by default, and keeps text as bytes", () => {
    const secret = { metadata: meta, data: { a: base64("old"), b: base64("kept") }, stringData: { a: "new" } };
    expect(defaulted("Secret", secret)).toEqual({
      metadata: meta,
      type: "Opaque",
      data: { a: base64("new"), b: base64("kept") },
    });
  });

  it.each<[string, object, string[]]>([
    ["kubernetes.io/tls", {}, ["data[tls.crt]: Required value", "data[tls.key]: Required value"]],
    ["kubernetes.io/basic-auth", {}, ["data[username]: Required value", "data[password]: Required value"]],
    ["kubernetes.io/basic-auth", { username: base64("me") }, []],
    ["kubernetes.io/ssh-auth", {}, ["data[ssh-privatekey]: Required value"]],
    ["kubernetes.io/dockerconfigjson", {}, ["data[.dockerconfigjson]: Required value"]],
    ["kubernetes.io/dockerconfigjson", { ".dockerconfigjson": base64('{"auths":{}}') }, []],
    [
      "kubernetes.io/service-account-token",
      {},
      ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
    ],
  ])("of type %s is checked", (type, data, expected) => {
    expect(faults("Secret", { metadata: meta, type, data })).toEqual(expected);
  });

  it("never shows what it holds", () => {
    const [text] = faults("Secret", {
      metadata: meta,
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": base64("hush") },
    });
    expect(text).toContain("<secret contents redacted>");
    expect(text).not.toContain("hush");
  });

  it("keeps its type", () => {
    expect(updateFaults("Secret", { metadata: meta, type: "b" }, { metadata: meta, type: "a" })).toEqual([
      'type: Invalid value: "b": field is immutable',
    ]);
  });
});

describe("a Node", () => {
  it("prints its state, roles and addresses", () => {
    const node = {
      metadata: {
        name: "n1",
        creationTimestamp: meta.creationTimestamp,
        labels: { "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "" },
      },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        addresses: [{ type: "InternalIP", address: "10.1.1.1" }],
        nodeInfo: {
          kubeletVersion: "v1.36.0",
          osImage: "Debian",
          kernelVersion: "6.1",
          containerRuntimeVersion: "docker://20",
        },
      },
    };
    expect(row("Node", node, now)).toEqual({
      Name: "n1",
      Status: "Ready,SchedulingDisabled",
      Roles: "control-plane,worker",
      Age: "5m30s",
      Version: "v1.36.0",
      "Internal-IP": "10.1.1.1",
      "External-IP": "<none>",
      "OS-Image": "Debian",
      "Kernel-Version": "6.1",
      "Container-Runtime": "docker://20",
    });
    expect(row("Node", { metadata: { name: "n" } }, now)).toMatchObject({ Status: "Unknown", Roles: "<none>" });
  });

  it("is checked", () => {
    const taint = { key: "k", effect: "NoSchedule" };
    expect(faults("Node", { metadata: meta, spec: { taints: [taint, taint, { key: "k", effect: "No" }] } })).toEqual([
      'spec.taints[1]: Duplicate value: {"key":"k","effect":"NoSchedule"}: taints must be unique by key and effect pair',
      'spec.taints[2].effect: Unsupported value: "No": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ]);
    const at = (cidr: string) => ({ metadata: meta, spec: { podCIDR: cidr } });
    expect(updateFaults("Node", at("10.1.0.0/24"), at("10.0.0.0/24"))).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
  });
});

describe("Events, leases, endpoints", () => {
  const event = {
    metadata: meta,
    involvedObject: { kind: "Pod", name: "web", namespace: "default" },
    reason: "Started",
    message: "Started container web\n",
    type: "Normal",
    source: { component: "kubelet", host: "n1" },
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:05:00Z",
    count: 3,
  };

  it("an Event prints as kubectl shows it, in either group's form", () => {
    const printed = {
      "Last Seen": "30s",
      Type: "Normal",
      Reason: "Started",
      Object: "pod/web",
      Source: "kubelet, n1",
      Message: "Started container web",
      "First Seen": "5m30s",
      Count: 3,
      Name: "x",
    };
    expect(row("Event", event, now, "")).toMatchObject(printed);
    const newer = definitionOf("Event", "events.k8s.io").convert?.({ ...event, apiVersion: "v1" }, "v1");
    expect(newer).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      regarding: { name: "web" },
      note: "Started container web\n",
      deprecatedCount: 3,
    });
    expect(row("Event", newer ?? {}, now, "events.k8s.io")).toMatchObject(printed);
    const back = definitionOf("Event", "").convert?.(newer ?? { metadata: {} }, "v1");
    expect(back).toEqual({ ...event, apiVersion: "v1" });
  });

  it("an Event is where its object is", () => {
    const stray = { ...event, involvedObject: { ...event.involvedObject, namespace: "other" } };
    expect(faults("Event", stray, "")).toEqual([
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ]);
    expect(faults("Event", event, "")).toEqual([]);
  });

  it("a Lease has a duration", () => {
    expect(faults("Lease", { metadata: meta, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } })).toEqual([
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
      "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ]);
    expect(row("Lease", { metadata: meta, spec: { holderIdentity: "me" } }, now)).toMatchObject({ Holder: "me" });
  });

  it("Endpoints print three addresses and count the rest", () => {
    const ips = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"].map((ip) => ({ ip }));
    const endpoints = { metadata: meta, subsets: [{ addresses: ips, ports: [{ port: 80 }] }] };
    expect(row("Endpoints", endpoints, now)).toMatchObject({
      Endpoints: "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...",
    });
    expect(row("Endpoints", { metadata: meta }, now)).toMatchObject({ Endpoints: "<none>" });
    expect(faults("Endpoints", { metadata: meta, subsets: [{ ports: [{ port: 0 }] }] })).toEqual([
      "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
      "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    ]);
  });

  it("an EndpointSlice keeps its address type and holds good addresses", () => {
    const slice = {
      metadata: meta,
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"] }],
      ports: [{ port: 80 }],
    };
    expect(faults("EndpointSlice", slice)).toEqual([]);
    expect(row("EndpointSlice", slice, now)).toMatchObject({ Ports: "80", Endpoints: "10.0.0.1" });
    expect(updateFaults("EndpointSlice", { ...slice, addressType: "IPv6" }, slice)).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ]);
    const bad = { ...slice, endpoints: [{}, { addresses: ["169.254.1.1", "x"] }], ports: [{}, {}] };
    expect(faults("EndpointSlice", bad)).toEqual([
      "endpoints[0].addresses: Required value: must contain at least 1 address",
      'endpoints[1].addresses[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'endpoints[1].addresses[1]: Invalid value: "x": must be a valid IPv4 address',
      'ports[1].name: Duplicate value: ""',
    ]);
  });

  it("a ServiceAccount counts its secrets", () => {
    expect(row("ServiceAccount", { metadata: meta, secrets: [{ name: "a" }] }, now)).toMatchObject({ Secrets: 1 });
    expect(texts(definitionOf("ServiceAccount").strategy.validate?.(objectOf({ metadata: meta })))).toEqual([]);
  });
});
