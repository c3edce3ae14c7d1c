import { describe, expect, it } from "vitest";
import { agentFlags, readAgentConfig } from "../../src/server/agent-config.ts";

describe("the agent's settings", () => {
  it("have defaults", () => {
    const { defaultNodeName, dataDir, ...rest } = readAgentConfig({}, {});
    expect(defaultNodeName).not.toBe("");
    expect(dataDir).toMatch(/\.kl$/);
    expect(rest).toEqual({ labels: {}, taints: [], logLevel: "warn" });
  });

  it("come from flags before the environment", () => {
    const environment = { KL_JOIN: "https://b:1", KL_TOKEN: "t", KL_NODE_NAME: "b", KL_DATA_DIR: "/b" };
    const config = readAgentConfig({ join: "https://a:2", nodeName: "a" }, environment);
    expect(config).toMatchObject({ server: "https://a:2", token: "t", nodeName: "a", dataDir: "/b" });
  });

  it.each([
    ["https://10.0.0.1", "https://10.0.0.1:6443"],
    ["https://10.0.0.1:6443/", "https://10.0.0.1:6443"],
    ["https://host:443", "https://host:443"],
    ["https://[fd00::1]:7000", "https://[fd00::1]:7000"],
  ])("take %s as the server %s", (join, server) => {
    expect(readAgentConfig({ join }, {}).server).toBe(server);
  });

  it("take labels and taints", () => {
    const labels = "disk=ssd,rack=,topology.kubernetes.io/zone=a,node.kubernetes.io/x=y,example.com/a=b";
    const taints = "dedicated=gpu:NoSchedule,example.com/old:NoExecute,a=:PreferNoSchedule";
    const config = readAgentConfig({ labels, taints, nodeIp: "fd00::1" }, {});
    expect(config.labels).toEqual({
      disk: "ssd",
      rack: "",
      "topology.kubernetes.io/zone": "a",
      "node.kubernetes.io/x": "y",
      "example.com/a": "b",
    });
    expect(config.taints).toEqual([
      { key: "dedicated", value: "gpu", effect: "NoSchedule" },
      { key: "example.com/old", effect: "NoExecute" },
      { key: "a", effect: "PreferNoSchedule" },
    ]);
    expect(config.nodeIp).toBe("fd00::1");
  });

  it.each([
    [{ join: "10.0.0.1:6443" }, "--join must be https://HOST:PORT"],
    [{ join: "http://10.0.0.1:6443" }, "--join must be https://HOST:PORT"],
    [{ join: "https://10.0.0.1:6443/x" }, "--join must be https://HOST:PORT"],
    [{ nodeName: "Big_Name" }, '--node-name "Big_Name" is no name for a node'],
    [{ nodeIp: "10.0.0.256" }, "--node-ip must be an IP address"],
    [{ labels: "a=b=c" }, "is no label such as disk=ssd"],
    [{ labels: "-x=y" }, "is no label such as disk=ssd"],
    [{ labels: "node-role.kubernetes.io/control-plane=" }, "a node may not give itself the label node-role"],
    [{ labels: "node-restriction.kubernetes.io/x=y" }, "a node may not give itself the label node-restriction"],
    [{ taints: "a=b" }, "is no taint such as key=value:NoSchedule|PreferNoSchedule|NoExecute"],
    [{ taints: "a=b:Never" }, "is no taint such as"],
    [{ logLevel: "loud" }, "--log-level must be one of debug, info, warn, error"],
  ])("refuse %j in one line", (given, message) => {
    expect(() => readAgentConfig(given, {})).toThrow(message);
  });

  it("name each flag as the command line reads it", () => {
    for (const { flags } of agentFlags) expect(flags).toMatch(/^--[a-z-]+ <[A-Z]+>$/);
  });
});
