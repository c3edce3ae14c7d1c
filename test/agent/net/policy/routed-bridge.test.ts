/** Two pods on a bridge whose packets the kernel does not show to the rules of forwarding. */
import { execFileSync, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRoutedBridge } from "../../../../src/agent/net/policy/routed-bridge.ts";
import { describeNetwork, namespaceName } from "../network-gate.ts";

const [host, one, two] = [namespaceName(), namespaceName(), namespaceName()];
const inside = (namespace: string, ...command: string[]): string =>
  execFileSync("ip", ["netns", "exec", namespace, ...command], { encoding: "utf8", stdio: "pipe", timeout: 10_000 });

function answers(port: number): boolean {
  try {
    return inside(one, "busybox", "nc", "-w", "1", "10.9.0.3", String(port)).includes("hello");
  } catch {
    return false;
  }
}

describeNetwork("a routed bridge", () => {
  const server = () => {
    const program = `for (const port of [80, 81])
      require("node:net").createServer((s) => s.on("error", () => 0).end("hello\\n")).listen(port)`;
    return spawn("ip", ["netns", "exec", two, process.execPath, "-e", program], { stdio: "inherit" });
  };
  let running: ReturnType<typeof spawn> | undefined;

  beforeAll(() => {
    for (const namespace of [host, one, two]) execFileSync("ip", ["netns", "add", namespace]);
    inside(
      host,
      "sh",
      "-c",
      "echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables; echo 1 >/proc/sys/net/ipv4/ip_forward",
    );
    inside(host, "ip", "link", "add", "kl-0", "type", "bridge");
    inside(host, "ip", "addr", "add", "10.9.0.1/24", "dev", "kl-0");
    inside(host, "ip", "link", "set", "kl-0", "up");
    for (const [index, namespace] of [one, two].entries()) {
      inside(host, "ip", "link", "add", `p${index}`, "type", "veth", "peer", "name", "eth0", "netns", namespace);
      inside(host, "ip", "link", "set", `p${index}`, "master", "kl-0", "up");
      inside(namespace, "ip", "addr", "add", `10.9.0.${index + 2}/24`, "dev", "eth0");
      inside(namespace, "ip", "link", "set", "eth0", "up");
      inside(namespace, "ip", "route", "add", "default", "via", "10.9.0.1");
    }
    const rules = "table ip t {\nchain f {\ntype filter hook forward priority 0;\ntcp dport 80 drop\n}\n}\n";
    execFileSync("ip", ["netns", "exec", host, "nft", "-f", "-"], { input: rules });
    running = server();
  });
  afterAll(() => {
    running?.kill();
    for (const namespace of [host, one, two]) execFileSync("ip", ["netns", "del", namespace]);
  });

  test("brings what pods of one node say to each other before the rules", { timeout: 30_000 }, async () => {
    const bridge = createRoutedBridge(
      "kl-0",
      () => Promise.resolve(inside(host, "ls", "/sys/class/net/kl-0/brif").trim().split("\n")),
      (file, value) => Promise.resolve(void inside(host, "sh", "-c", `echo ${value} >${file}`)),
    );
    await bridge.takeIn();
    await expect.poll(() => answers(81), { timeout: 15_000 }).toBe(true);
    expect(answers(80)).toBe(false);
    expect(inside(host, "cat", "/sys/class/net/kl-0/brif/p0/isolated").trim()).toBe("1");
  });
});
