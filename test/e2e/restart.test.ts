/** Killed containers come back with back-off; a killed `kl` loses nothing and touches no container. */
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { kubectls } from "../clients/kubectl.ts";
import { describeDocker } from "../docker-gate.ts";
import { applyAndWait, clientOf, example, makeHelloImage, podNames, type Run } from "./hello.ts";
import { clusterContainers, KlServer } from "./kl-server.ts";
import { until } from "./until.ts";

describeDocker("restarts on Docker", () => {
  const server = new KlServer();
  const docker = new Docker();
  let run: Run;
  const pod = async (name: string): Promise<Pod> =>
    JSON.parse((await run("get", "pod", name, "-o", "json")).stdout) as Pod;

  beforeAll(async () => {
    makeHelloImage();
    await server.start();
    const [, newest = ""] = await kubectls();
    run = clientOf(server, newest);
    await applyAndWait(run);
  }, 180_000);
  afterAll(() => server.destroy(), 120_000);

  it("restarts a killed container, with back-off the second time", { timeout: 120_000 }, async () => {
    const [name = ""] = await podNames(run);
    const kill = async (): Promise<void> => {
      const id = (await pod(name)).status?.containerStatuses?.[0]?.containerID?.replace("docker://", "") ?? "";
      await docker.getContainer(id).kill();
    };
    await kill();
    const restarted = await until(
      () => pod(name),
      ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].ready,
    );
    expect(restarted.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 137,
      reason: "Error",
    });
    await kill();
    const waiting = await until(
      () => pod(name),
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
    );
    expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=web pod=hello/,
    );
    await until(
      () => pod(name),
      ({ status }) => status?.containerStatuses?.[0]?.restartCount === 2 && status.containerStatuses[0].ready,
    );
  });

  it("adopts what runs after SIGKILL: same containers, same counts, whole state", { timeout: 180_000 }, async () => {
    const before = await clusterContainers(server.dataDir);
    const counts = async (): Promise<string> =>
      (
        await run(
          "get",
          "pods",
          "-l",
          "app=hello",
          "-o",
          'jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].containerID}{"\\n"}{end}',
        )
      ).stdout;
    const stateBefore = await counts();
    await server.end("SIGKILL");
    const during = await clusterContainers(server.dataDir);
    expect(during.map(({ Id, State }) => `${Id} ${State}`).sort()).toEqual(
      before.map(({ Id, State }) => `${Id} ${State}`).sort(),
    );

    await server.start();
    await until(
      () => run("get", "nodes", "--no-headers"),
      ({ stdout }) => / Ready /.test(stdout),
    );
    await run("rollout", "status", "deployment/hello", "--timeout=60s");
    expect(await counts()).toBe(stateBefore);
    const after = await clusterContainers(server.dataDir);
    const running = (list: typeof after): string[] =>
      list
        .filter(({ State }) => State === "running")
        .map(({ Id }) => Id)
        .sort();
    expect(running(after)).toEqual(running(before));
  });

  it("removes what was deleted while the node was not looking", { timeout: 180_000 }, async () => {
    await server.end("SIGTERM");
    const withoutNode = new KlServer({ dataDir: server.dataDir, args: ["--no-agent"] });
    await withoutNode.start();
    const [, newest = ""] = await kubectls();
    await clientOf(withoutNode, newest)("delete", "-f", example, "--wait=false");
    await clientOf(withoutNode, newest)("delete", "pods", "--all", "--force", "--grace-period=0");
    await withoutNode.end("SIGTERM");
    expect((await clusterContainers(server.dataDir)).length).toBeGreaterThan(0);
    await server.start();
    await until(
      () => clusterContainers(server.dataDir),
      (containers) => containers.length === 0,
    );
  });
});
