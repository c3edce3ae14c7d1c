import { afterAll, beforeAll, expect, test } from "vitest";
import { describeHosts } from "./gate.ts";
import { Host } from "./host.ts";
import { Wire } from "./wire.ts";

describeHosts("hosts of namespaces", () => {
  let wire: Wire;
  let hosts: Host[] = [];
  beforeAll(async () => {
    wire = new Wire();
    hosts = await Promise.all([1, 2].map((index) => Host.boot(wire, index)));
  });
  afterAll(async () => {
    await Promise.all(hosts.map((host) => host.destroy()));
    wire?.destroy();
  });

  const pings = async (): Promise<boolean> => {
    const [one, two] = hosts;
    const { code } = (await one?.run("busybox", ["ping", "-c", "1", "-W", "1", two?.address ?? ""])) ?? { code: 1 };
    return code === 0;
  };

  test("each has its own name, its own interfaces, and an engine that forwards nothing else", async () => {
    for (const host of hosts) {
      expect((await host.must("hostname", [])).trim()).toBe(host.name);
      const devices = (await host.must("ls", ["/sys/class/net"])).trim().split("\n");
      expect(devices).toEqual(["docker0", "eth0", "lo"]);
      expect(await host.must("iptables", ["-S", "FORWARD"])).toContain("-P FORWARD DROP");
      expect(await host.must("docker", ["info", "--format", "{{.Name}} {{.Containers}}"])).toBe(`${host.name} 0\n`);
    }
  });

  test("they reach each other, unless a cable is pulled or all packets are lost", { timeout: 20_000 }, async () => {
    expect(await pings()).toBe(true);
    wire.pullCable(2);
    expect(await pings()).toBe(false);
    wire.plugCable(2);
    await expect.poll(pings).toBe(true);
    wire.lose(100);
    expect(await pings()).toBe(false);
    wire.lose(0);
    await expect.poll(pings).toBe(true);
  });
});
