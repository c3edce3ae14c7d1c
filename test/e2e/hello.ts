/** What the README promises of examples/hello, as steps over any kubectl-like client. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { type ClientResult, runClient } from "../clients/kubectl.ts";
import { clusterContainers, type KlServer } from "./kl-server.ts";
import { until } from "./until.ts";

export const example = fileURLToPath(new URL("../../examples/hello", import.meta.url));

export function makeHelloImage(): void {
  execFileSync("sh", [join(example, "make-image.sh")], { stdio: "pipe" });
}

export type Run = (...args: string[]) => Promise<ClientResult>;

/** Runs a client against the server and expects it to succeed. */
export function clientOf(server: KlServer, binary: string): Run {
  return async (...args) => {
    const result = await runClient(binary, args, { kubeconfig: server.kubeconfig, timeout: 120_000 });
    if (result.code !== 0) throw new Error(`${args.join(" ")}: exit ${result.code}\n${result.stdout}${result.stderr}`);
    return result;
  };
}

export async function podNames(run: Run): Promise<string[]> {
  const { stdout } = await run("get", "pods", "-l", "app=hello", "-o", "jsonpath={.items[*].metadata.name}");
  return stdout.split(" ").filter((name) => name !== "");
}

export async function applyAndWait(run: Run): Promise<void> {
  await run("apply", "-f", example);
  await run("rollout", "status", "deployment/hello", "--timeout=90s");
}

export async function showsRunningPods(run: Run): Promise<void> {
  const { stdout } = await run("get", "pods", "-l", "app=hello");
  const [header, ...rows] = stdout.trimEnd().split("\n");
  expect(header).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE$/);
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row).toMatch(/^hello-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running +0 +\d+[smh]\S*$/);
  const deployment = await run("get", "deployment", "hello");
  expect(deployment.stdout).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nhello +2\/2 +2 +2 +\S+\n$/);
}

export async function streams(run: Run, server: KlServer, binary: string): Promise<void> {
  const [pod = ""] = await podNames(run);
  const page = await run("exec", pod, "-c", "web", "--", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/");
  expect(page.stdout).toBe(`Hello from kl, pod ${pod}\n`);
  const token = await run("exec", pod, "-c", "web", "--", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/token.html");
  expect(token.stdout).toBe("token of 11 bytes\n");

  const failing = await runClient(binary, ["exec", pod, "-c", "web", "--", "sh", "-c", "echo oops >&2; exit 7"], {
    kubeconfig: server.kubeconfig,
  });
  expect(failing).toMatchObject({ code: 7, stdout: "" });
  expect(failing.stderr).toContain("oops");
  expect(failing.stderr).toContain("command terminated with exit code 7");

  const echoed = await runClient(binary, ["exec", "-i", pod, "-c", "web", "--", "cat"], {
    kubeconfig: server.kubeconfig,
    stdin: "through stdin\n",
  });
  expect(echoed).toMatchObject({ code: 0, stdout: "through stdin\n" });

  const logs = await until(
    () => run("logs", pod, "-c", "web", "--tail=20"),
    ({ stdout }) => stdout.includes("response:200"),
  );
  expect(logs.stdout.split("\n").length).toBeLessThanOrEqual(21);
}

export async function copies(run: Run): Promise<void> {
  const [pod = ""] = await podNames(run);
  const folder = mkdtempSync(join(tmpdir(), "kl-cp-"));
  try {
    const text = "copied\n".repeat(50_000);
    writeFileSync(join(folder, "up"), text);
    await run("cp", join(folder, "up"), `${pod}:/tmp/file`, "-c", "web");
    await run("cp", `${pod}:/tmp/file`, join(folder, "down"), "-c", "web");
    expect(readFileSync(join(folder, "down"), "utf8")).toBe(text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function forwardsPorts(run: Run, server: KlServer, binary: string): Promise<void> {
  const [pod = ""] = await podNames(run);
  const port = await freePort();
  const child = spawn(binary, ["port-forward", `pod/${pod}`, `${port}:8080`], {
    env: { ...process.env, KUBECONFIG: server.kubeconfig },
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    await new Promise<void>((resolve, reject) => {
      let said = "";
      const take = (chunk: Buffer): void => {
        said += chunk;
        if (said.includes("Forwarding from 127.0.0.1")) resolve();
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.on("exit", () => reject(new Error(`port-forward ended: ${said}`)));
    });
    for (let request = 0; request < 3; request += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}/`);
      expect(await answer.text()).toBe(`Hello from kl, pod ${pod}\n`);
    }
  } finally {
    child.kill();
  }
}

export async function attaches(run: Run, server: KlServer, binary: string): Promise<void> {
  await run(
    "run",
    "attached",
    "--image=hello:1",
    "--restart=Never",
    "-i",
    "--quiet=true",
    "--attach=false",
    "--stdin=true",
    "--command",
    "--",
    "sh",
    "-c",
    "read line; echo got $line",
  );
  await run("wait", "--for=condition=Ready", "pod/attached", "--timeout=60s");
  const attached = await runClient(binary, ["attach", "-i", "attached"], {
    kubeconfig: server.kubeconfig,
    stdin: "a line\n",
  });
  expect(attached.stdout).toContain("got a line");
  await run("delete", "pod", "attached", "--now");
}

/** A rolling update to an image that does not exist stops, and undo mends it. */
export async function brokenUpdateIsUndone(run: Run): Promise<void> {
  await run("set", "image", "deployment/hello", "web=kl.invalid/no-such-image:1");
  const stuck = await until(
    () => run("get", "pods", "-l", "app=hello", "--no-headers"),
    ({ stdout }) => /ErrImagePull|ImagePullBackOff/.test(stdout),
  );
  // maxUnavailable 1 of 2: one old pod at least goes on serving.
  expect(stuck.stdout).toMatch(/1\/1 +Running/);
  const { stdout } = await run("get", "deployment", "hello", "-o", "jsonpath={.status.availableReplicas}");
  expect(Number(stdout)).toBeGreaterThanOrEqual(1);
  await run("rollout", "undo", "deployment/hello");
  await run("rollout", "status", "deployment/hello", "--timeout=90s");
  await until(
    () => run("get", "pods", "-l", "app=hello", "--no-headers"),
    (pods) => pods.stdout.trim().split("\n").length === 2 && !/Pull/.test(pods.stdout),
  );
}

export async function deletesEverything(run: Run, server: KlServer): Promise<void> {
  expect((await clusterContainers(server.dataDir)).length).toBeGreaterThan(0);
  await run("delete", "-f", example);
  await until(
    () => clusterContainers(server.dataDir),
    (containers) => containers.length === 0,
  );
  const left = await run("get", "all", "-l", "app=hello");
  expect(left.stdout).toBe("");
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as import("node:net").AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
