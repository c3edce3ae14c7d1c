import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkClock } from "../../src/server/preflight/clock.ts";
import { checkDataDir } from "../../src/server/preflight/data-dir.ts";
import { checkDocker } from "../../src/server/preflight/docker.ts";
import { checkHost } from "../../src/server/preflight/host.ts";
import { checkPort } from "../../src/server/preflight/port.ts";

describe("preflight", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kl-preflight-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("finds a taken port, with the cure", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    expect(await checkPort("127.0.0.1", port)).toEqual([
      { level: "error", message: `port ${port} is taken: stop what listens there, or choose another with --port` },
    ]);
    await new Promise((resolve) => taken.close(resolve));
    expect(await checkPort("127.0.0.1", port)).toEqual([]);
  });

  it("finds an address that is not this machine's", async () => {
    expect(await checkPort("192.0.2.1", 6443)).toEqual([
      { level: "error", message: expect.stringContaining("192.0.2.1 is not an address of this machine") },
    ]);
  });

  it("finds a data dir that is a file", () => {
    writeFileSync(join(folder, "file"), "");
    expect(checkDataDir(join(folder, "file"))).toEqual([
      { level: "error", message: expect.stringMatching(/is not a folder: choose another with --data-dir/) },
    ]);
  });

  it("makes the data dir", () => {
    expect(checkDataDir(join(folder, "a", "b")).filter(({ level }) => level === "error")).toEqual([]);
  });

  it("finds clocks that cannot be right", () => {
    expect(checkClock(folder, Date.UTC(2001, 0))).toMatchObject([{ level: "error" }]);
    const now = Date.UTC(2027, 0);
    expect(checkClock(folder, now)).toEqual([]);
    writeFileSync(join(folder, "state.db"), "");
    utimesSync(join(folder, "state.db"), now / 1000 + 3600, now / 1000 + 3600);
    expect(checkClock(folder, now)).toEqual([
      { level: "warning", message: expect.stringContaining("the store was written 3600 s from now") },
    ]);
  });

  it("names what an absent nft means", () => {
    const about = (findings: { message: string }[]) => findings.filter(({ message }) => message.startsWith("nft "));
    expect(about(checkHost({ PATH: folder }, []))).toHaveLength(1);
    writeFileSync(join(folder, "nft"), "", { mode: 0o755 });
    expect(about(checkHost({ PATH: folder }, []))).toEqual([]);
  });

  it("says what the network cannot do without iproute2, conntrack or vxlan", () => {
    const kernel = { loaded: join(folder, "sys"), available: join(folder, "lib") };
    const about = (word: string) =>
      checkHost({ PATH: folder }, [], kernel).filter(({ message }) => message.includes(word)).length;
    expect([about("install iproute2"), about("install conntrack"), about("no vxlan module")]).toEqual([1, 1, 0]);
    for (const program of ["ip", "bridge", "conntrack"]) writeFileSync(join(folder, program), "", { mode: 0o755 });
    mkdirSync(kernel.available);
    writeFileSync(join(kernel.available, "modules.dep"), "kernel/net/bridge/br_netfilter.ko:\n");
    expect([about("install iproute2"), about("install conntrack"), about("no vxlan module")]).toEqual([0, 0, 1]);
    writeFileSync(join(kernel.available, "modules.builtin"), "kernel/drivers/net/vxlan/vxlan.ko\n");
    expect(about("no vxlan module")).toBe(0);
  });

  it("names an absent Docker engine, and what is missing in one", async () => {
    const socket = `unix://${join(folder, "docker.sock")}`;
    expect(await checkDocker(socket, {})).toEqual([
      {
        level: "warning",
        message: expect.stringMatching(/^no Docker engine answers at unix:.*NotReady until one does/),
      },
    ]);
    expect(await checkDocker("ssh://me@there", {})).toEqual([
      { level: "warning", message: expect.stringContaining("is not one that kl can use") },
    ]);
    let version = "1.30";
    const engine = createHttpServer((request, response) => {
      response.end(
        JSON.stringify(request.url === "/version" ? { ApiVersion: version, Version: "x" } : { MemoryLimit: false }),
      );
    });
    await new Promise<void>((resolve) => engine.listen(join(folder, "docker.sock"), resolve));
    try {
      expect((await checkDocker(undefined, { DOCKER_HOST: socket }))[0]?.message).toContain("too old");
      version = "1.41";
      expect((await checkDocker(socket, {}))[0]?.message).toContain("does not enforce memory limits");
    } finally {
      engine.close();
    }
  });
});
