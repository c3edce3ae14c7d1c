import { describe, expect, test } from "vitest";
import { podHostname, sandboxConfig } from "../../../src/agent/sandbox/config.ts";
import { formatResolvConf, parseResolvConf, podDns } from "../../../src/agent/sandbox/dns.ts";
import { container, pod } from "../pod/pod-fixture.ts";

const host = { servers: ["192.0.2.1"], searches: ["corp"], options: ["timeout:1"] };
const cluster = { servers: ["10.96.0.10"], domain: "cluster.local" };
const own = ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"];

describe("DNS", () => {
  test("ClusterFirst asks the cluster, and is Default on the host's network or without a cluster DNS", () => {
    expect(podDns(pod(), cluster, host)).toEqual({
      servers: ["10.96.0.10"],
      searches: [...own, "corp"],
      options: ["ndots:5"],
    });
    expect(podDns(pod({ hostNetwork: true }), cluster, host)).toEqual(host);
    expect(podDns(pod(), undefined, host)).toEqual(host);
    expect(podDns(pod(), undefined, undefined)).toBeUndefined();
    const both = pod({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" });
    expect(podDns(both, cluster, host)?.servers).toEqual(["10.96.0.10"]);
    expect(podDns(pod({ dnsPolicy: "Default" }), cluster, host)).toEqual(host);
  });
  test("dnsConfig is added, options by name", () => {
    const dnsConfig = {
      nameservers: ["1.1.1.1", "192.0.2.1"],
      searches: ["a", "corp"],
      options: [{ name: "timeout", value: "5" }, { name: "edns0" }],
    };
    expect(podDns(pod({ dnsPolicy: "Default", dnsConfig }), cluster, host)).toEqual({
      servers: ["192.0.2.1", "1.1.1.1"],
      searches: ["corp", "a"],
      options: ["timeout:5", "edns0"],
    });
    expect(podDns(pod({ dnsPolicy: "None", dnsConfig: { nameservers: ["1.1.1.1"] } }), cluster, host)).toEqual({
      servers: ["1.1.1.1"],
      searches: [],
      options: [],
    });
  });
  test("resolv.conf is read and written", () => {
    const text = "# by hand\nsearch a b\nnameserver 192.0.2.1 ; first\nnameserver 127.0.0.53\noptions ndots:2 edns0\n";
    const parsed = parseResolvConf(text);
    expect(parsed).toEqual({ servers: ["192.0.2.1"], searches: ["a", "b"], options: ["ndots:2", "edns0"] });
    expect(parsed && formatResolvConf(parsed)).toBe("search a b\nnameserver 192.0.2.1\noptions ndots:2 edns0\n");
    expect(parseResolvConf("nameserver 127.0.0.53\n")).toBeUndefined();
  });
});

test("hostnames are cut to what the kernel takes, and end in no dash", () => {
  const named = (name: string, spec = {}) =>
    podHostname({ ...pod(spec), metadata: { name, namespace: "default" } }, "cluster.local");
  expect(named("web")).toEqual({ hostname: "web" });
  expect(named(`${"a".repeat(62)}-b-c`).hostname).toBe("a".repeat(62));
  expect(named("web", { hostname: "h", subdomain: "s" })).toEqual({
    hostname: "h",
    fqdn: "h.s.default.svc.cluster.local",
  });
  expect(named("web", { subdomain: "s", setHostnameAsFQDN: true }).hostname).toBe("web.s.default.svc.cluster.local");
});

test("host ports become port mappings", () => {
  const ports = [
    { containerPort: 80, hostPort: 8080, hostIP: "127.0.0.1" },
    { containerPort: 81 },
    { containerPort: 53, hostPort: 53, protocol: "UDP" },
  ];
  expect(
    sandboxConfig(pod({ containers: [container("app", { ports })] }), 2, "cluster.local", undefined),
  ).toMatchObject({
    attempt: 2,
    portMappings: [
      { containerPort: 80, hostPort: 8080, hostIP: "127.0.0.1", protocol: "TCP" },
      { containerPort: 53, hostPort: 53, protocol: "UDP" },
    ],
  });
});
