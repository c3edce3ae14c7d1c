/** logs, exec, attach, port-forward, cp and run by kubectl. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { containerOf } from "./pod-watch.ts";
import { until } from "./until.ts";

export function streamPods(): Pod[] {
  const web = "mkdir -p /tmp/www; echo page > /tmp/www/index.html; httpd -p 8080 -h /tmp/www";
  return [
    podOf("streams", [
      { command: shell(`${web}; for i in 1 2 3; do echo line $i; done; echo problem >&2; sleep 1.2; echo late`) },
    ]),
    podOf(
      "restarts-once",
      [
        {
          command: shell(
            "echo begin; test -e /state/was && { echo again; sleep 1000; }; touch /state/was; until test -e /state/go; do sleep 0.1; done; echo end; exit 1",
          ),
          volumeMounts: [{ name: "state", mountPath: "/state" }],
        },
      ],
      {
        volumes: [{ name: "state", emptyDir: {} }],
      },
    ),
  ];
}

/** A client in a terminal of its own, by script(1). */
function inTerminal(cluster: NodeCluster, args: readonly string[]): { readonly child: ChildProcess; said(): string } {
  const line = [cluster.binary, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", `stty rows 33 cols 99; ${line}`, "/dev/null"], {
    env: {
      PATH: process.env.PATH,
      HOME: cluster.folder,
      TERM: "dumb",
      KUBECONFIG: cluster.server.kubeconfig,
      SHELL: "/bin/sh",
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  return { child, said: () => output };
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null ? Promise.resolve(child.exitCode) : new Promise((resolve) => child.once("exit", resolve));

export function streamTests(cluster: NodeCluster): void {
  const { pods } = cluster;

  it.concurrent("logs: --tail, --since, --timestamps, --limit-bytes", async () => {
    await pods.ready("streams");
    const all = () => cluster.run("logs", "streams");
    await until(all, (said) => said.includes("late"));
    expect((await all()).split("\n").sort()).toEqual(["", "late", "line 1", "line 2", "line 3", "problem"]);
    expect(await cluster.run("logs", "streams", "--tail=1")).toBe("late\n");
    expect(await cluster.run("logs", "streams", "--limit-bytes=6")).toMatch(/^(line 1|proble)$/);
    expect(await cluster.run("logs", "streams", "--timestamps", "--tail=1")).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z late\n$/,
    );
    expect(await cluster.run("logs", "streams", "--since=1h")).toContain("line 1\n");
    const stamp = (await cluster.run("logs", "streams", "--timestamps", "--tail=1")).split(" ")[0] ?? "";
    expect(await cluster.run("logs", "streams", `--since-time=${stamp}`)).toBe("late\n");
    const failed = await cluster.attempt(["logs", "-p", "streams"]);
    expect(failed.stderr).toContain('previous terminated container "c0" in pod "streams" not found');
  });

  it.concurrent("logs -f ends with its container; the next one has a log of its own", async () => {
    await pods.now("restarts-once", (pod) => containerOf(pod)?.state?.running !== undefined);
    const { child, said } = inTerminal(cluster, ["logs", "-f", "restarts-once"]);
    await until(
      async () => said(),
      (text) => text.includes("begin"),
    );
    await cluster.sh("restarts-once", "touch /state/go");
    expect(await ended(child)).toBe(0);
    expect(said().replaceAll("\r", "")).toBe("begin\nend\n");
    await pods.now("restarts-once", (pod) => containerOf(pod)?.restartCount === 1 && containerOf(pod)?.ready === true);
    await until(
      () => cluster.run("logs", "restarts-once"),
      (said) => said === "begin\nagain\n",
      { timeout: 5000 },
    );
    expect(await cluster.run("logs", "-p", "restarts-once")).toBe("begin\nend\n");
  });

  it.concurrent("exec -it has the terminal's size", async () => {
    await pods.ready("streams");
    const { child, said } = inTerminal(cluster, ["exec", "-it", "streams", "--", "sh"]);
    child.stdin?.write("sleep 0.5; stty size; tty; exit 5\n");
    expect(await ended(child)).toBe(5);
    expect(said()).toContain("33 99");
    expect(said()).toMatch(/\/dev\/(pts\/\d+|console)/);
  });

  it.concurrent("port-forward serves several connections at once, and tells what does not listen", async () => {
    await pods.ready("streams");
    const child = spawn(cluster.binary, ["port-forward", "pod/streams", ":8080"], {
      env: { PATH: process.env.PATH, HOME: cluster.folder, KUBECONFIG: cluster.server.kubeconfig },
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk;
      });
      await until(
        async () => said,
        (text) => /Forwarding from 127/.test(text),
      );
      const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      const get = async () => await (await fetch(`http://127.0.0.1:${port}/`)).text();
      const answers = await Promise.all(Array.from({ length: 8 }, get));
      expect(answers).toEqual(Array.from({ length: 8 }, () => "page\n"));
    } finally {
      child.kill();
    }
  });

  it.concurrent("cp brings a folder in and out", async () => {
    await pods.ready("streams");
    const from = join(cluster.folder, "cp");
    mkdirSync(join(from, "deep"), { recursive: true });
    writeFileSync(join(from, "deep", "file"), "x".repeat(100_000));
    await cluster.run("cp", from, "streams:/tmp/cp");
    await cluster.run("cp", "streams:/tmp/cp", join(cluster.folder, "back"));
    expect(readFileSync(join(cluster.folder, "back", "deep", "file"), "utf8")).toBe("x".repeat(100_000));
  });

  it.concurrent("run --rm -it attaches, ends with the exit code and leaves nothing", async () => {
    const args = ["run", "one-off", "--rm", "-it", "--restart=Never", "--image=hello:1", "--command", "--", "sh"];
    const { child, said } = inTerminal(cluster, args);
    await until(
      async () => said(),
      (text) => /prompt|\/ # /.test(text),
      { timeout: 30_000 },
    );
    child.stdin?.write("echo so $((40+2)); exit 7\n");
    expect(await ended(child)).toBe(7);
    expect(said()).toContain("so 42");
    expect(said()).toContain('pod "one-off" deleted');
    await pods.gone("one-off");
  });
}
