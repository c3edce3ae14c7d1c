import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDocker } from "../docker-gate.ts";
import { busybox, ensureImage } from "../images/busybox.ts";
import { condition, containerStatus, podOf, shell, type TestAgent, testAgent, until } from "./agent-fixture.ts";
import { docker, dockerRuntime, sandboxConfig } from "./runtime/docker/docker-fixture.ts";

describeDocker("an agent that starts again", () => {
  let agent: TestAgent;
  beforeAll(async () => {
    await ensureImage(busybox);
    agent = await testAgent();
  });
  afterAll(() => agent.end());

  test("adopts what runs, removes what was deleted meanwhile, and touches nothing else", async () => {
    const { link } = agent;
    const ready = { exec: { command: ["true"] }, periodSeconds: 1 };
    const container = { command: shell("true"), readinessProbe: ready };
    link.set("pods", podOf("kept", [container], { terminationGracePeriodSeconds: 1 }));
    link.set("pods", podOf("gone", [container], { terminationGracePeriodSeconds: 1 }));
    link.set("pods", podOf("deleted", [container], { terminationGracePeriodSeconds: 1 }));
    link.set("pods", podOf("finished", [{ command: ["true"] }], { restartPolicy: "Never" }));
    await until(() => {
      for (const name of ["kept", "gone", "deleted"]) expect(condition(agent, name, "Ready")).toBe("True");
      expect(link.status("finished")?.phase).toBe("Succeeded");
    });
    const kept = link.status("kept");
    const gone = link.pod("gone")?.metadata.uid ?? "";
    const uid = link.pod("kept")?.metadata.uid ?? "";
    const before = await agent.runtime.list(uid);
    let reports = 0;

    // A container of another cluster on the same engine is nobody's business.
    const other = dockerRuntime();
    const foreign = await other.runtime.createSandbox(sandboxConfig(randomUUID()));

    await agent.restart(async () => {
      expect((await docker.getContainer(before.containers[0]?.id ?? "").inspect()).State.Running).toBe(true);
      link.remove("pods", { namespace: "default", name: "gone" });
      link.delete("deleted", 1);
      reports = link.reports.length;
    });
    await until(() => expect(link.pod("deleted")).toBeUndefined());
    await until(async () => {
      expect(await agent.runtime.list(gone)).toEqual({ sandboxes: [], containers: [] });
      expect(existsSync(join(agent.dataDir, "pods", gone))).toBe(false);
    });
    expect(await agent.runtime.list(uid)).toEqual(before);
    expect(link.status("kept")).toEqual(kept);
    expect(containerStatus(agent, "kept", "c0")?.restartCount).toBe(0);
    expect(link.status("finished")?.phase).toBe("Succeeded");
    const told = link.reports.slice(reports).filter(({ pod }) => pod.name === "kept");
    for (const { status } of told) expect(status).toEqual(kept);
    expect(link.reasonsOf("kept").filter((reason) => reason === "Started")).toHaveLength(1);
    expect((await docker.getContainer(foreign.id).inspect()).State.Running).toBe(true);
    await other.clean();
  });

  test("a container killed behind its back is started again", async () => {
    const id = containerStatus(agent, "kept", "c0")?.containerID?.slice("docker://".length) ?? "";
    await docker.getContainer(id).kill();
    await until(() => {
      expect(containerStatus(agent, "kept", "c0")).toMatchObject({
        restartCount: 1,
        lastState: { terminated: { exitCode: 137 } },
        ready: true,
      });
    });
  });

  test("a server that does not answer for a while hears everything in the end", async () => {
    const { link } = agent;
    link.failure = new Error("no server");
    link.set("pods", podOf("patient", [{ command: shell("true") }], { terminationGracePeriodSeconds: 1 }));
    const uid = link.pod("patient")?.metadata.uid ?? "";
    await until(async () => expect((await agent.runtime.list(uid)).containers[0]?.state).toBe("running"));
    expect(link.status("patient")?.phase).toBe("Pending");
    link.failure = undefined;
    await until(() => expect(condition(agent, "patient", "Ready")).toBe("True"));
    await until(() => expect(link.reasonsOf("patient")).toContain("Started"));
  });
});
