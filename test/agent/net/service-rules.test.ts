import { expect, test } from "vitest";
import { serviceRules } from "../../../src/agent/net/service-rules.ts";
import type { Service } from "../../../src/machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../../src/machinery/types/discovery/v1.ts";
import { serviceOf, sliceOf } from "./objects.ts";

function rules(service: Service, ...slices: EndpointSlice[]) {
  const { chains, elements, affinity } = serviceRules(service, slices, {
    family: "ip",
    nodeName: "n1",
    podInterface: "kl-pods",
  });
  return {
    chains: Object.fromEntries(chains),
    elements: Object.fromEntries([...elements].map(([name, entries]) => [name, Object.fromEntries(entries)])),
    affinity: Object.fromEntries(affinity),
  };
}

test("a cluster IP leads to its endpoints in equal shares", () => {
  const two = rules(serviceOf("web"), sliceOf("web", ["10.42.0.3", "10.42.0.2"]));
  expect(two.elements).toEqual({
    "cluster-ips": { "10.43.1.1": "" },
    hairpin: { "10.42.0.2 . 10.42.0.2": "", "10.42.0.3 . 10.42.0.3": "" },
    "service-ips": { "10.43.1.1 . tcp . 80": "goto svc/default/web/tcp/80" },
  });
  expect(two.chains).toEqual({
    "svc/default/web/tcp/80": [
      "meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.42.0.2 . 8080, 1 : 10.42.0.3 . 8080 }",
    ],
  });
  expect(rules(serviceOf("web"), sliceOf("web", ["10.42.0.2"])).chains).toEqual({
    "svc/default/web/tcp/80": ["meta l4proto tcp dnat ip to 10.42.0.2:8080"],
  });
});

test("without endpoints a cluster IP is only known, so that it is refused; a node port is refused by name", () => {
  expect(rules(serviceOf("web"), sliceOf("web", []))).toEqual({
    chains: {},
    elements: { "cluster-ips": { "10.43.1.1": "" } },
    affinity: {},
  });
  const ports = [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }];
  expect(rules(serviceOf("web", { type: "NodePort", ports })).elements).toEqual({
    "cluster-ips": { "10.43.1.1": "" },
    "no-endpoint-node-ports": { "tcp . 30080": "goto reject-new" },
  });
});

test("headless Services, names and Services without an address have no rules", () => {
  const slice = sliceOf("web", ["10.42.0.2"]);
  for (const spec of [{ clusterIP: "None" }, { type: "ExternalName", clusterIP: "" }, { clusterIP: "" }]) {
    expect(rules(serviceOf("web", spec), slice)).toEqual({ chains: {}, elements: {}, affinity: {} });
  }
});

test("ports are found by name in each slice, protocols apart, other families left out", () => {
  const service = serviceOf("dns", {
    ports: [
      { name: "udp", port: 53, protocol: "UDP" },
      { name: "tcp", port: 53, protocol: "TCP" },
      { name: "sctp", port: 54, protocol: "SCTP" },
    ],
  });
  const ports = (tcp: number) => [
    { name: "tcp", port: tcp, protocol: "TCP" },
    { name: "udp", port: 5353, protocol: "UDP" },
    { name: "sctp", port: 5454, protocol: "SCTP" },
  ];
  const foreign = { ...sliceOf("dns", ["fd00::1"], ports(1), "dns-6"), addressType: "IPv6" };
  const { chains } = rules(
    service,
    sliceOf("dns", ["10.42.0.2"], ports(5301)),
    sliceOf("dns", ["10.42.0.3"], ports(5302), "dns-2"),
    foreign,
  );
  expect(chains).toEqual({
    "svc/default/dns/udp/53": [
      "meta l4proto udp dnat ip to numgen random mod 2 map { 0 : 10.42.0.2 . 5353, 1 : 10.42.0.3 . 5353 }",
    ],
    "svc/default/dns/tcp/53": [
      "meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.42.0.2 . 5301, 1 : 10.42.0.3 . 5302 }",
    ],
    "svc/default/dns/sctp/54": [
      "meta l4proto sctp dnat ip to numgen random mod 2 map { 0 : 10.42.0.2 . 5454, 1 : 10.42.0.3 . 5454 }",
    ],
  });
});

test("terminating endpoints serve only while none is ready", () => {
  const leaving = { ip: "10.42.0.2", ready: false, serving: true, terminating: true };
  const dead = { ip: "10.42.0.4", ready: false, serving: false, terminating: true };
  const starting = { ip: "10.42.0.5", ready: false };
  const chain = (...slices: EndpointSlice[]) => rules(serviceOf("web"), ...slices).chains["svc/default/web/tcp/80"];
  expect(chain(sliceOf("web", [leaving, dead, starting]))).toEqual(["meta l4proto tcp dnat ip to 10.42.0.2:8080"]);
  expect(chain(sliceOf("web", [leaving, dead, "10.42.0.3"]))).toEqual(["meta l4proto tcp dnat ip to 10.42.0.3:8080"]);
  expect(chain(sliceOf("web", [dead, starting]))).toBeUndefined();
});

test("a pod in two slices counts once", () => {
  const { chains } = rules(
    serviceOf("web"),
    sliceOf("web", ["10.42.0.2"]),
    sliceOf("web", ["10.42.0.2"], undefined, "b"),
  );
  expect(chains["svc/default/web/tcp/80"]).toEqual(["meta l4proto tcp dnat ip to 10.42.0.2:8080"]);
});

test("internal policy Local: this node's endpoints, and silence where there are others only", () => {
  const service = serviceOf("web", { internalTrafficPolicy: "Local" });
  const far = { ip: "10.42.1.2", node: "n2" };
  expect(rules(service, sliceOf("web", ["10.42.0.2", far]))).toMatchObject({
    chains: { "local/default/web/tcp/80": ["meta l4proto tcp dnat ip to 10.42.0.2:8080"] },
    elements: { "service-ips": { "10.43.1.1 . tcp . 80": "goto local/default/web/tcp/80" } },
  });
  expect(rules(service, sliceOf("web", [far])).elements).toEqual({
    "cluster-ips": { "10.43.1.1": "" },
    "no-endpoints": { "10.43.1.1 . tcp . 80": "drop" },
  });
});

test("external policy Local: strangers only reach this node's endpoints, unmasked; pods and the host reach all", () => {
  const service = serviceOf(
    "web",
    {
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      ports: [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }],
      externalIPs: ["192.0.2.7"],
      loadBalancerSourceRanges: ["198.51.100.0/24", "198.51.100.0/25", " 203.0.113.0/24"],
    },
    ["192.0.2.8"],
  );
  const far = { ip: "10.42.1.2", node: "n2" };
  expect(rules(service, sliceOf("web", ["10.42.0.2", far]))).toEqual({
    chains: {
      "svc/default/web/tcp/80": [
        "meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.42.0.2 . 8080, 1 : 10.42.1.2 . 8080 }",
      ],
      "local/default/web/tcp/80": ["meta l4proto tcp dnat ip to 10.42.0.2:8080"],
      "ext/default/web/tcp/80": [
        'iifname "kl-pods" goto svc/default/web/tcp/80',
        "fib saddr type local jump mark-for-masquerade",
        "fib saddr type local goto svc/default/web/tcp/80",
        "goto local/default/web/tcp/80",
      ],
      "fw/default/web/tcp/80": ["ip saddr != { 198.51.100.0/24, 203.0.113.0/24 } drop"],
    },
    elements: {
      "cluster-ips": { "10.43.1.1": "" },
      hairpin: { "10.42.0.2 . 10.42.0.2": "" },
      "service-ips": {
        "10.43.1.1 . tcp . 80": "goto svc/default/web/tcp/80",
        "192.0.2.7 . tcp . 80": "goto ext/default/web/tcp/80",
        "192.0.2.8 . tcp . 80": "goto ext/default/web/tcp/80",
      },
      "node-ports": { "tcp . 30080": "goto ext/default/web/tcp/80" },
      firewall: { "192.0.2.8 . tcp . 80": "goto fw/default/web/tcp/80" },
    },
    affinity: {},
  });
  expect(rules(service, sliceOf("web", [far])).elements).toMatchObject({
    "no-endpoints": { "192.0.2.7 . tcp . 80": "drop", "192.0.2.8 . tcp . 80": "drop" },
    "no-endpoint-node-ports": { "tcp . 30080": "drop" },
  });
});

test("external policy Cluster masquerades", () => {
  const ports = [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }];
  const { chains } = rules(serviceOf("web", { type: "NodePort", ports }), sliceOf("web", ["10.42.0.2"]));
  expect(chains["ext/default/web/tcp/80"]).toEqual(["jump mark-for-masquerade", "goto svc/default/web/tcp/80"]);
});

test("clients with affinity stay with an endpoint for as long as the Service says", () => {
  const sessionAffinityConfig = { clientIP: { timeoutSeconds: 60 } };
  const service = serviceOf("web", { sessionAffinity: "ClientIP", sessionAffinityConfig });
  expect(rules(service, sliceOf("web", ["10.42.0.2", "10.42.0.3"]))).toMatchObject({
    chains: {
      "svc/default/web/tcp/80": [
        "ip saddr @clients/default/web/tcp/80/10.42.0.2/8080/60 goto ep/default/web/tcp/80/10.42.0.2/8080",
        "ip saddr @clients/default/web/tcp/80/10.42.0.3/8080/60 goto ep/default/web/tcp/80/10.42.0.3/8080",
        "numgen random mod 2 vmap { 0 : goto ep/default/web/tcp/80/10.42.0.2/8080, 1 : goto ep/default/web/tcp/80/10.42.0.3/8080 }",
      ],
      "ep/default/web/tcp/80/10.42.0.2/8080": [
        "update @clients/default/web/tcp/80/10.42.0.2/8080/60 { ip saddr }",
        "meta l4proto tcp dnat ip to 10.42.0.2:8080",
      ],
    },
    affinity: {
      "clients/default/web/tcp/80/10.42.0.2/8080/60": 60,
      "clients/default/web/tcp/80/10.42.0.3/8080/60": 60,
    },
  });
});
