/** The one executable file, alone in an empty folder and without Node on its path, does the main job. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeDocker } from "../docker-gate.ts";
import { example, makeHelloImage } from "./hello.ts";
import { clusterContainers, removeCluster } from "./kl-server.ts";
import { until } from "./until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describeDocker("the single executable", () => {
  const home = mkdtempSync(join(tmpdir(), "kl-binary-"));
  const binary = join(home, "kl");
  const dataDir = join(home, ".kl");
  // Only the system's own folders: no Node of npm's.
  const env = { HOME: home, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  let server: ReturnType<typeof spawn> | undefined;

  const kl = (...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(binary, args, { env, cwd: home, timeout: 120_000 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`kl ${args.join(" ")}: ${stdout}${stderr}`));
        else resolve(stdout);
      });
    });

  beforeAll(async () => {
    makeHelloImage();
    execFileSync("npm", ["run", "-s", "build:binary"], { cwd: root, stdio: "pipe" });
    copyFileSync(join(root, "dist-binary/kl"), binary);
    const child = spawn(binary, ["server", "--port", "0", "--node-name", "binary", "--log-level", "info"], {
      env,
      cwd: home,
    });
    server = child;
    await new Promise<void>((resolve, reject) => {
      let said = "";
      const take = (chunk: Buffer): void => {
        said += chunk;
        if (/^ready in \d+ ms/m.test(said)) resolve();
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.on("exit", (code) => reject(new Error(`ended with ${code}: ${said}`)));
    });
  }, 180_000);

  afterAll(async () => {
    const child = server;
    if (child && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
    }
    await removeCluster(dataDir);
    rmSync(home, { recursive: true, force: true });
  }, 60_000);

  it("serves, applies, runs, logs, executes, undoes and deletes", { timeout: 180_000 }, async () => {
    expect(await kl("version")).toMatch(/^Client Version: v1\.36.*\nServer Version: v1\.36/);
    expect(await kl("apply", "-f", example)).toContain("deployment.apps/hello created");
    expect(await kl("rollout", "status", "deployment/hello", "--timeout=90s")).toContain("successfully rolled out");
    expect(await kl("get", "pods", "-l", "app=hello", "--no-headers")).toMatch(
      /^(hello-\S+ +1\/1 +Running +0 .*\n){2}$/,
    );
    expect(
      await kl("exec", "deployment/hello", "-c", "web", "--", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"),
    ).toMatch(/^Hello from kl, pod hello-/);
    await until(
      () => kl("logs", "deployment/hello", "-c", "web"),
      (log) => log.includes("response:200"),
    );
    await kl("scale", "deployment/hello", "--replicas=1");
    await kl("wait", "--for=jsonpath={.status.replicas}=1", "deployment/hello", "--timeout=60s");
    await kl("rollout", "restart", "deployment/hello");
    await kl("rollout", "status", "deployment/hello", "--timeout=90s");
    await kl("rollout", "undo", "deployment/hello");
    await kl("rollout", "status", "deployment/hello", "--timeout=90s");
    expect(await kl("describe", "deployment", "hello")).toContain("NewReplicaSet:");
    await kl("delete", "-f", example);
    await until(
      () => clusterContainers(dataDir),
      (containers) => containers.length === 0,
    );
  });
});
