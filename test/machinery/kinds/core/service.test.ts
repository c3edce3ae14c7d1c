import { describe, expect, it } from "vitest";
import { defaulted, definitionOf, faults, objectOf, row, updateFaults } from "../support.ts";

const service = (spec: object) => ({ metadata: { name: "web" }, spec: { ports: [{ port: 80 }], ...spec } });

describe("a Service", () => {
  it("has the defaults that a real cluster shows", () => {
    expect(defaulted("Service", service({ selector: { app: "web" } }))).toEqual({
      metadata: { name: "web" },
      spec: {
        internalTrafficPolicy: "Cluster",
        ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
        selector: { app: "web" },
        sessionAffinity: "None",
        type: "ClusterIP",
      },
      status: { loadBalancer: {} },
    });
  });

  it.each<[string, object, object]>([
    ["NodePort", { type: "NodePort" }, { externalTrafficPolicy: "Cluster" }],
    [
      "LoadBalancer",
      { type: "LoadBalancer" },
      { allocateLoadBalancerNodePorts: true, externalTrafficPolicy: "Cluster" },
    ],
    [
      "ClientIP affinity",
      { sessionAffinity: "ClientIP" },
      { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
    ],
  ])("has the defaults of %s", (_, spec, expected) => {
    expect(defaulted("Service", service(spec)).spec).toMatchObject(expected);
  });

  it("that is a name for another host has no traffic policy", () => {
    const spec = defaulted("Service", service({ type: "ExternalName", externalName: "example.com" })).spec;
    expect(spec).not.toHaveProperty("internalTrafficPolicy");
  });

  it.each<[string, object, string[]]>([
    ["good", {}, []],
    ["no ports", { ports: [] }, ["spec.ports: Required value"]],
    ["no ports, but headless", { ports: [], clusterIP: "None" }, []],
    [
      "ports without names",
      { ports: [{ port: 80 }, { port: 81 }] },
      ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
    ],
    [
      "the same port twice",
      {
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 80 },
        ],
      },
      ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}'],
    ],
    [
      "ports out of range",
      { ports: [{ port: 0, targetPort: "a_b" }] },
      [
        "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        'spec.ports[0].targetPort: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      ],
    ],
    [
      "a node port without need",
      { ports: [{ port: 80, nodePort: 30000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      "another type",
      { type: "Cloud" },
      [
        'spec.type: Unsupported value: "Cloud": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      "a headless node port",
      { type: "NodePort", clusterIP: "None", clusterIPs: ["None"] },
      ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"],
    ],
    [
      "an address of no use",
      { externalIPs: ["127.0.0.1", "nine"] },
      [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'spec.externalIPs[1]: Invalid value: "nine": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      "a traffic policy that only outsiders meet",
      { externalTrafficPolicy: "Local" },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
  ])("is checked: %s", (_, spec, expected) => {
    expect(faults("Service", service(spec))).toEqual(expected);
  });

  it("keeps its cluster IP", () => {
    const at = (ip: string) => service({ clusterIP: ip, clusterIPs: [ip] });
    expect(updateFaults("Service", at("10.0.0.2"), at("10.0.0.1"))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
    ]);
  });

  it("keeps what was allocated where an update leaves it out", () => {
    const old = objectOf({
      metadata: { name: "web" },
      spec: {
        type: "NodePort",
        clusterIP: "10.0.0.1",
        clusterIPs: ["10.0.0.1"],
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        ports: [{ port: 80, protocol: "TCP", targetPort: 80, nodePort: 30080 }],
      },
    });
    const next = defaulted("Service", service({ type: "NodePort" }));
    definitionOf("Service").strategy.prepareForUpdate?.(next, old);
    expect(next.spec).toMatchObject({
      clusterIP: "10.0.0.1",
      clusterIPs: ["10.0.0.1"],
      ipFamilies: ["IPv4"],
      ports: [{ nodePort: 30080 }],
    });
    const inside = defaulted("Service", { ...next, spec: { ...(next.spec as object), type: "ClusterIP" } });
    definitionOf("Service").strategy.prepareForUpdate?.(inside, next);
    expect((inside.spec as { ports: object[] }).ports[0]).not.toHaveProperty("nodePort");
    expect(inside.spec).not.toHaveProperty("externalTrafficPolicy");
  });

  it.each<[string, object, object]>([
    [
      "ClusterIP",
      { type: "ClusterIP", clusterIP: "10.0.0.1" },
      { "Cluster-IP": "10.0.0.1", "External-IP": "<none>", "Port(s)": "80/TCP" },
    ],
    [
      "NodePort",
      { type: "NodePort", ports: [{ port: 80, nodePort: 30080, protocol: "TCP" }] },
      { "Cluster-IP": "<none>", "Port(s)": "80:30080/TCP" },
    ],
    ["LoadBalancer", { type: "LoadBalancer" }, { "External-IP": "<pending>" }],
    [
      "ExternalName",
      { type: "ExternalName", externalName: "example.com", ports: [] },
      { "External-IP": "example.com", "Port(s)": "<none>" },
    ],
  ])("prints as kubectl shows it: %s", (_, spec, expected) => {
    expect(row("Service", service(spec), 0)).toMatchObject(expected);
  });
});
