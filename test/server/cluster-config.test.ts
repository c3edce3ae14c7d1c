import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clusterConfigData } from "../../src/server/cluster-config.ts";
import { readServerConfig } from "../../src/server/config.ts";

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "kl-config-"));
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const data = async (given: Record<string, string>) =>
  clusterConfigData(await readServerConfig({ dataDir, ...given }, {}), 7443);

it("names an address that other machines can use", async () => {
  expect(await data({ bindAddress: "10.1.2.3" })).toMatchObject({ server: "https://10.1.2.3:7443", reachable: "true" });
  expect((await data({ bindAddress: "fd00::1" })).server).toBe("https://[fd00::1]:7443");
  const chosen = await data({ bindAddress: "0.0.0.0", advertiseAddress: "192.0.2.9" });
  expect(chosen).toMatchObject({ server: "https://192.0.2.9:7443", reachable: "true" });
});

it("says where no other machine can come", async () => {
  for (const bindAddress of ["127.0.0.1", "::1", "localhost"]) {
    expect((await data({ bindAddress })).reachable).toBe("false");
  }
  expect(await data({})).toMatchObject({ bindAddress: "127.0.0.1", reachable: "false" });
});

it("keeps the cluster's id", async () => {
  const { clusterID } = await data({});
  expect(clusterID).toMatch(/^[0-9a-f-]{36}$/);
  expect((await data({})).clusterID).toBe(clusterID);
});
