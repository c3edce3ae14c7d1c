/** A second node joins by one command: a server without a node of its own, and an agent on this machine's engine. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Node, Pod } from "../../src/machinery/types/core/v1.ts";
import { kubectls } from "../clients/kubectl.ts";
import { describeDocker } from "../docker-gate.ts";
import { busybox, ensureImage } from "../images/busybox.ts";
import { clientOf, type Run } from "./hello.ts";
import { KlAgent, kl } from "./kl-agent.ts";
import { clusterContainers, KlServer } from "./kl-server.ts";
import { until } from "./until.ts";

describeDocker("kl agent", () => {
  // Ranges of its own: other clusters of this engine have the usual ones.
  const ranges = ["--cluster-cidr", "10.171.0.0/16", "--service-cidr", "10.172.0.0/16"];
  const server = new KlServer({ args: ["--no-agent", "--bind-address", "0.0.0.0", ...ranges] });
  const agent = new KlAgent();
  let run: Run;
  let joinArguments: string[];

  beforeAll(async () => {
    await ensureImage(busybox);
    await server.start();
    const [, newest = ""] = await kubectls();
    run = clientOf(server, newest);
  }, 120_000);
  afterAll(async () => {
    await agent.destroy();
    await server.destroy();
  }, 120_000);

  const get = async <T>(...args: string[]): Promise<T> =>
    JSON.parse((await run("get", ...args, "-o", "json")).stdout) as T;
  const isReady = (node: Node | undefined): boolean =>
    node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  const nodes = async (): Promise<Node[]> => (await get<{ items: Node[] }>("nodes")).items;
  const pod = () => get<Pod>("pod", "guest");
  const isRunning = ({ status }: Pod): boolean => status?.containerStatuses?.[0]?.ready === true;

  it("joins by the command that kl token prints, and is Ready in seconds", { timeout: 60_000 }, async () => {
    const printed = await kl(["token", "create", "--print-join-command"], { KUBECONFIG: server.kubeconfig });
    expect(printed).toMatchObject({ code: 0, stderr: "" });
    expect(printed.stdout).toMatch(/^kl agent --join https:\/\/[0-9.]+:\d+ --token kl[0-9a-f]{64}\.\w{6}\.\w{16}\n$/);
    joinArguments = printed.stdout.trim().split(" ").slice(2);
    const began = performance.now();
    const extra = ["--node-name", "guest-node", "--labels", "disk=ssd", "--taints", "guest=yes:PreferNoSchedule"];
    const output = await agent.start(...joinArguments, ...extra);
    const [node] = await until(nodes, ([first]) => isReady(first), { timeout: 30_000, interval: 20 });
    const milliseconds = Math.round(performance.now() - began);
    console.info(`join to Ready: ${milliseconds} ms (process start, kubectl's polling included)`);
    expect(output).toContain("node guest-node of https://");
    expect(node?.metadata.name).toBe("guest-node");
    expect(node?.metadata.labels).toMatchObject({ disk: "ssd" });
    expect(node?.spec?.taints).toContainEqual({ key: "guest", value: "yes", effect: "PreferNoSchedule" });
    expect(milliseconds).toBeLessThan(15_000);
  });

  it("runs a pod, with its logs and a way in", { timeout: 60_000 }, async () => {
    await run("run", "guest", `--image=${busybox.tag}`, "--", "sh", "-c", "echo hello from $HOSTNAME; sleep 3600");
    const running = await until(pod, isRunning);
    expect(running.spec?.nodeName).toBe("guest-node");
    expect((await run("logs", "guest")).stdout).toBe("hello from guest\n");
    expect((await run("exec", "guest", "--", "hostname")).stdout).toBe("guest\n");
  });

  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await kl(["agent", "--data-dir", agent.dataDir, ...args]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    return stderr;
  };

  it("runs once in a data dir, and not in a server's", { timeout: 60_000 }, async () => {
    expect(await refused()).toContain("is in use by process");
    expect(await refused("--data-dir", server.dataDir)).toContain("is the data dir of a server");
    const reset = await agent.reset();
    expect([reset.code, reset.stderr]).toEqual([1, expect.stringContaining("stop it first")]);
  });

  it("comes back without a token, and finds its pod as it left it", { timeout: 60_000 }, async () => {
    const { containerID } = (await pod()).status?.containerStatuses?.[0] ?? {};
    await agent.end("SIGKILL");
    await agent.start();
    await until(nodes, ([node]) => isReady(node));
    expect((await until(pod, isRunning)).status?.containerStatuses?.[0]).toMatchObject({
      containerID,
      restartCount: 0,
    });
    expect((await run("exec", "guest", "--", "hostname")).stdout).toBe("guest\n");
    expect(await agent.end("SIGTERM")).toBe(0);
    expect(existsSync(join(agent.dataDir, "pid"))).toBe(false);
  });

  it("does not come back as somebody else", { timeout: 60_000 }, async () => {
    expect(await refused("--node-name", "other")).toContain("this host is the node guest-node already");
    const token = (joinArguments[3] ?? "").replace(/^kl.{64}/, `kl${"ab".repeat(32)}`);
    expect(await refused("--token", token)).toContain("a node of another cluster");
  });

  it("leaves nothing behind on reset", { timeout: 120_000 }, async () => {
    const docker = new Docker();
    const id = readFileSync(join(agent.dataDir, "cluster-id"), "utf8").trim();
    const networks = async () =>
      (await docker.listNetworks()).filter(({ Labels }) => Object.values(Labels ?? {}).includes(id));
    const [network] = await networks();
    expect(network).toBeDefined();
    expect(await clusterContainers(agent.dataDir)).not.toEqual([]);
    const reset = await agent.reset();
    expect([reset.code, reset.stderr]).toEqual([0, ""]);
    const all = await docker.listContainers({ all: true });
    expect(all.filter(({ Labels }) => Object.values(Labels).includes(id))).toEqual([]);
    expect(await networks()).toEqual([]);
    expect(readdirSync(agent.dataDir)).toEqual([]);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(agent.dataDir);
    const name = network?.Name ?? "";
    if (process.getuid?.() === 0 && existsSync("/usr/sbin/nft")) {
      expect(execFileSync("nft", ["list", "tables"], { encoding: "utf8" })).not.toContain(name);
    }
    expect(readdirSync("/sys/class/net").filter((device) => device.endsWith(name.slice(3)))).toEqual([]);
    const again = await agent.reset();
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("nothing of a node")]);
  });

  it("is told what is wrong in one line", { timeout: 60_000 }, async () => {
    const [, url = "", , token = ""] = joinArguments;
    expect(await refused()).toContain("--join https://HOST:PORT is needed");
    expect(await refused("--join", url)).toContain("--token is needed");
    expect(await refused("--join", url, "--token", "abc")).toContain("the token is not whole");
    expect(await refused("--join", "https://127.0.0.1:1", "--token", token)).toContain("the connection was refused");
    const gone = token.replace(/\.[^.]+\.[^.]+$/, ".zzzzzz.0123456789abcdef");
    expect(await refused("--join", url, "--token", gone)).toContain("the server does not take the token (any more)");
    expect(readdirSync(agent.dataDir).filter((name) => name !== "agent")).toEqual([]);
  });
});
