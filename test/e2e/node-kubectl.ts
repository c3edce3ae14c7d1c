/** kubectl_top, _debug and _port-forward of 1.31 and 1.35, as far as they need real containers. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { type ClientResult, kubectls, runClient } from "../clients/kubectl.ts";
import { type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { until } from "./until.ts";

const versions = [31, 35] as const;
const serve = "mkdir -p /tmp/www; echo page > /tmp/www/index.html; httpd -p 8080 -h /tmp/www";

export function kubectlObjects(): object[] {
  const labels = { app: "forwarded" };
  const template = podOf("forwarded", [{ command: shell(serve), ports: [{ name: "web", containerPort: 8080 }] }]);
  return [
    ...versions.map(
      (version): Pod => podOf(`tool-${version}`, [{ command: shell(serve) }, { command: shell("true") }]),
    ),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "forwarded" },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: template.spec } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "forwarded" },
      spec: { selector: labels, ports: [{ port: 80, targetPort: "web" }] },
    },
  ];
}

export function kubectlTests(cluster: NodeCluster): void {
  const { pods } = cluster;
  const binaries = kubectls();

  async function attempt(version: number, args: readonly string[]): Promise<ClientResult> {
    const binary = (await binaries)[version === 31 ? 0 : 1] ?? "";
    // Who attaches to what has ended already sees nothing: commands that are looked at wait for a line.
    return await runClient(binary, args, { kubeconfig: cluster.server.kubeconfig, timeout: 60_000, stdin: "go\n" });
  }
  async function says(version: number, line: string, ...more: string[]): Promise<string> {
    const { code, stdout, stderr } = await attempt(version, [...line.split(" "), ...more]);
    expect(code, `kubectl ${line}: ${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  it.concurrent.each(versions)("top of 1.%i", async (version) => {
    const pod = `tool-${version}`;
    await pods.ready(pod);
    const measured = await until(
      () => attempt(version, ["top", "pod", pod, "--containers", "--no-headers"]),
      ({ code }) => code === 0,
    );
    expect(measured.stdout).toMatch(new RegExp(`^${pod} +c0 +\\d+m +\\d+Mi +\\n${pod} +c1 +\\d+m +\\d+Mi +\\n$`));
    expect(await says(version, `top pod -l app=${pod}`)).toMatch(
      new RegExp(`^NAME +CPU\\(cores\\) +MEMORY\\(bytes\\) +\\n${pod} +\\d+m +\\d+Mi +\\n$`),
    );
    const all = await says(version, "top pod -A --sort-by=memory");
    expect(all).toMatch(/^NAMESPACE +NAME +CPU\(cores\) +MEMORY\(bytes\) +\n(\S+ +\S+ +\d+m +\d+Mi +\n)+$/);
    const used = all
      .split("\n")
      .slice(1, -1)
      .map((row) => Number.parseInt(row.trim().split(/ +/)[3] ?? "", 10));
    expect(used).toEqual(used.toSorted((a, b) => b - a));
    const percent = version === 31 ? "%" : "\\(%\\)";
    expect(await says(version, "top node e2e")).toMatch(
      new RegExp(
        `^NAME +CPU\\(cores\\) +CPU${percent} +MEMORY\\(bytes\\) +MEMORY${percent} +\\ne2e +\\d+m +\\d+% +\\d+Mi +\\d+% +\\n$`,
      ),
    );
    const missing = await attempt(version, ["top", "pod", "nope"]);
    expect(missing).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): pods "nope" not found\n' });
  });

  it.concurrent.each(versions)("debug POD of 1.%i: a container beside its target, and a copy", async (version) => {
    const pod = `tool-${version}`;
    await pods.ready(pod);
    const look = ["--", "sh", "-c", "read go; cat /proc/1/root/tmp/www/index.html; cat /proc/1/comm"];
    const beside = await says(version, `debug ${pod} --image=hello:1 --target=c0 --profile=general -i -q`, ...look);
    expect(beside).toBe("page\nsh\n");
    expect(await says(version, `get pod ${pod} -o jsonpath={.spec.ephemeralContainers[0].targetContainerName}`)).toBe(
      "c0",
    );

    const copy = `copy-${version}`;
    await says(
      version,
      `debug ${pod} --copy-to=${copy} --share-processes --set-image=c1=hello:1 --image=hello:1 -c watcher --profile=general`,
      ...["--", ...shell("true")],
    );
    await pods.ready(copy);
    expect(
      await says(version, `get pod ${copy} -o jsonpath={.spec.containers[*].name}:{.spec.shareProcessNamespace}`),
    ).toBe("c0 c1 watcher:true");
    expect(await says(version, `exec ${copy} -c watcher -- ps`)).toMatch(/ 1 .*\/pause\n[\s\S]*httpd -p 8080/);
    await says(version, `delete pod ${copy} --now`);
  });

  it.concurrent.each(versions)("debug node of 1.%i has the node's files and processes", async (version) => {
    const file = join(cluster.folder, `node-file-${version}`);
    writeFileSync(file, "of the node\n");
    const look = ["--", "sh", "-c", `read go; cat /host${file}; ls -d /proc/${cluster.server.pid}`];
    const said = await says(version, "debug node/e2e --image=hello:1 --profile=general -i -q", ...look);
    expect(said).toBe(`of the node\n/proc/${cluster.server.pid}\n`);
  });

  const forwarded = versions.flatMap((version) => [
    [version, "deployment/forwarded", ":8080"] as const,
    [version, "svc/forwarded", ":80"] as const,
  ]);
  it.concurrent.each(forwarded)("port-forward of 1.%i to %s", async (version, target, ports) => {
    await says(version, "rollout status deployment/forwarded --timeout=60s");
    const child = spawn((await binaries)[version === 31 ? 0 : 1] ?? "", ["port-forward", target, ports], {
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
        (text) => text.includes("Forwarding from 127"),
      );
      expect(said).toMatch(/^Forwarding from 127\.0\.0\.1:\d+ -> 8080\n/);
      const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("page\n");
    } finally {
      child.kill();
    }
  });
}
