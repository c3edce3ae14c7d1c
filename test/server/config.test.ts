import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError, readServerConfig, serverFlags } from "../../src/server/config.ts";

describe("readServerConfig", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kl-config-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = (text: string): string => {
    const path = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
    writeFileSync(path, text);
    return path;
  };

  it("has defaults for everything", async () => {
    const config = await readServerConfig({}, {});
    expect(config).toMatchObject({
      port: 6443,
      bindAddress: "127.0.0.1",
      agent: true,
      simulatedNodes: 0,
      logLevel: "warn",
    });
    expect(config.dataDir).toMatch(/\/\.kl$/);
    expect(config.nodeName).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
    expect(config).not.toHaveProperty("dockerHost");
  });

  it("lets a flag win over the environment, that over the file, that over the default", async () => {
    const config = file("port: 1\nbindAddress: 10.0.0.1\nlogLevel: error\n");
    const read = await readServerConfig({ config, port: "3" }, { KL_PORT: "2", KL_BIND_ADDRESS: "10.0.0.2" });
    expect(read).toMatchObject({ port: 3, bindAddress: "10.0.0.2", logLevel: "error", simulatedNodes: 0 });
  });

  it("takes switches off by flag and by environment", async () => {
    expect((await readServerConfig({ agent: false }, {})).agent).toBe(false);
    expect((await readServerConfig({}, { KL_AGENT: "false" })).agent).toBe(false);
  });

  it.each([
    [{ port: "70000" }, {}, '--port must be a whole number from 0 to 65535, not "70000"'],
    [{}, { KL_PORT: "x" }, 'KL_PORT must be a whole number from 0 to 65535, not "x"'],
    [{ logLevel: "loud" }, {}, '--log-level must be one of debug, info, warn, error, not "loud"'],
    [{ overlay: "ipip" }, {}, '--overlay must be one of vxlan, host-routes, not "ipip"'],
    [{ clusterCidr: "10.42" }, {}, '--cluster-cidr must be an IPv4 range such as 10.42.0.0/16, not "10.42"'],
    [{ clusterCidr: "10.0.0.0/8" }, {}, "--cluster-cidr 10.0.0.0/8 and --service-cidr 10.43.0.0/16 overlap"],
    [
      { nodeCidrMaskSize: "12" },
      {},
      "--node-cidr-mask-size must be from 16 to 30 for --cluster-cidr 10.42.0.0/16, not 12",
    ],
    [{ config: "/does/not/exist" }, {}, "cannot read the config file /does/not/exist: ENOENT"],
  ])("names what is wrong: %j %j", async (given, environment, message) => {
    await expect(readServerConfig(given, environment)).rejects.toThrow(new ConfigError(message));
  });

  it("refuses a file that is no list of known settings", async () => {
    await expect(readServerConfig({ config: file("prot: 1\n") }, {})).rejects.toThrow(/unknown setting "prot"/);
    await expect(readServerConfig({ config: file("- a\n") }, {})).rejects.toThrow(/must hold settings/);
    await expect(readServerConfig({ config: file("a: [\n") }, {})).rejects.toThrow(/is not valid YAML/);
  });

  it("offers every setting as a flag", () => {
    expect(serverFlags().map(({ flags }) => flags)).toEqual(
      expect.arrayContaining([
        "--data-dir <DIR>",
        "--no-agent",
        "--simulated-nodes <N>",
        "--config <FILE>",
        "--write-kubeconfig",
      ]),
    );
  });
});
