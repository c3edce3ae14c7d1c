/** Probes of all four kinds and what they decide. */
import { expect, it } from "vitest";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { conditionOf, containerOf } from "./pod-watch.ts";

export function probePods(grpcPort: number): Pod[] {
  // Generous where a busy machine must not decide: a command may take its time, and one bad answer is none.
  const often = { periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 };
  const alive = (path: string) => ({ ...test(path), failureThreshold: 3 });
  const test = (path: string) => ({ ...often, exec: { command: ["test", "-e", path] } });
  const web = "mkdir -p /tmp/www; echo ok > /tmp/www/ready; httpd -p 8080 -h /tmp/www";
  return [
    podOf("probed-http", [
      {
        command: shell(web),
        ports: [{ name: "web", containerPort: 8080 }],
        readinessProbe: { ...often, httpGet: { path: "/ready", port: "web" } },
        livenessProbe: { ...often, tcpSocket: { port: 8080 }, failureThreshold: 3 },
      },
    ]),
    podOf("probed-exec", [
      { command: shell("touch /tmp/alive"), readinessProbe: test("/tmp/ready"), livenessProbe: alive("/tmp/alive") },
    ]),
    podOf("probed-start", [
      {
        command: shell("sleep 2; touch /tmp/up"),
        startupProbe: { ...test("/tmp/up"), failureThreshold: 30 },
        livenessProbe: alive("/tmp/up"),
        readinessProbe: test("/tmp/up"),
      },
    ]),
    podOf("never-starts", [{ command: shell("true"), startupProbe: { ...test("/no"), failureThreshold: 2 } }]),
    podOf("probed-grpc", [{ command: shell("true"), readinessProbe: { ...often, grpc: { port: grpcPort } } }], {
      hostNetwork: true,
    }),
  ];
}

export function probeTests(cluster: NodeCluster): void {
  const { pods } = cluster;

  it.concurrent("HTTP by a port's name and TCP; readiness comes and goes, a closed port restarts", async () => {
    await pods.ready("probed-http");
    await cluster.sh("probed-http", "rm /tmp/www/ready");
    await pods.now("probed-http", (pod) => conditionOf(pod, "Ready") === "False");
    await cluster.described(
      "probed-http",
      /Warning +Unhealthy .*Readiness probe failed: HTTP probe failed with statuscode: 404/,
    );
    await cluster.sh("probed-http", "killall httpd");
    const again = await pods.now(
      "probed-http",
      (pod) => containerOf(pod)?.restartCount === 1 && conditionOf(pod, "Ready") === "True",
    );
    expect(containerOf(again)?.restartCount).toBe(1);
    const described = await cluster.described(
      "probed-http",
      /Killing .*Container c0 failed liveness probe, will be restarted/,
    );
    expect(described).toMatch(/Unhealthy .*Liveness probe failed: dial tcp [\d.]+:8080: connect: connection refused/);
  });

  it.concurrent("exec: unready is not dead, dead is restarted", async () => {
    await pods.now("probed-exec", (pod) => containerOf(pod)?.state?.running !== undefined);
    await cluster.described("probed-exec", /Unhealthy .*Readiness probe failed/);
    expect((await cluster.row("probed-exec")).slice(1, 4)).toEqual(["0/1", "Running", "0"]);
    await cluster.sh("probed-exec", "touch /tmp/ready");
    await pods.ready("probed-exec");
    await cluster.sh("probed-exec", "rm /tmp/alive");
    await pods.now("probed-exec", (pod) => containerOf(pod)?.restartCount === 1);
  });

  it.concurrent("startup holds the others back, and restarts what never starts", async () => {
    const pod = await pods.ready("probed-start");
    expect(containerOf(pod)).toMatchObject({ started: true, restartCount: 0 });
    expect(
      pods
        .history("probed-start")
        .some((pod) => containerOf(pod)?.state?.running && containerOf(pod)?.started === false),
    ).toBe(true);
    await pods.now("never-starts", (pod) => (containerOf(pod)?.restartCount ?? 0) > 0);
    await cluster.described("never-starts", /Killing .*Container c0 failed startup probe, will be restarted/);
  });

  it.concurrent("gRPC, on the host's network", async () => {
    const pod = await pods.ready("probed-grpc");
    expect(pod.status?.podIP).toBe(pod.status?.hostIP);
  });
}
