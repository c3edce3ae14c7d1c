import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDocker } from "../docker-gate.ts";
import { busybox, ensureImage } from "../images/busybox.ts";
import { condition, containerStatus, podOf, sleeper, type TestAgent, testAgent, until } from "./agent-fixture.ts";

describeDocker("an agent on Docker", () => {
  let agent: TestAgent;
  beforeAll(async () => {
    await ensureImage(busybox);
    agent = await testAgent();
  });
  afterAll(() => agent.end());

  test("a pod becomes Running and Ready, with kubelet's status and events, and goes when it is deleted", async () => {
    const { link } = agent;
    link.set("pods", podOf("web", [sleeper], { terminationGracePeriodSeconds: 1 }));
    await until(() => expect(condition(agent, "web", "Ready")).toBe("True"));
    const status = link.status("web");
    expect(status).toMatchObject({
      phase: "Running",
      observedGeneration: 1,
      qosClass: "BestEffort",
      hostIP: "192.0.2.1",
      podIP: expect.stringMatching(/^\d+\.\d+/),
      startTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      "PodReadyToStartContainers=True",
      "Initialized=True",
      "Ready=True",
      "ContainersReady=True",
      "PodScheduled=True",
    ]);
    expect(containerStatus(agent, "web", "sleeper")).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
      image: "kl.test/busybox:1",
      imageID: expect.stringMatching(/^docker:\/\/sha256:/),
      containerID: expect.stringMatching(/^docker:\/\/[0-9a-f]{64}$/),
      state: { running: { startedAt: expect.any(String) } },
    });
    await until(() => expect(link.reasonsOf("web")).toEqual(["Pulled", "Created", "Started"]));
    expect(link.messagesOf("web", "Pulled")).toEqual([
      'Container image "kl.test/busybox:1" already present on machine and can be accessed by the pod',
    ]);
    expect(link.reports[0]?.status.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: "ContainerCreating" } });

    link.delete("web", 1);
    await until(() => expect(link.stopped.map(({ name }) => name)).toEqual(["web"]));
    expect(link.reports.at(-1)?.status).toMatchObject({
      phase: "Failed",
      containerStatuses: [{ ready: false, state: { terminated: { exitCode: 137, reason: "Error" } } }],
    });
    expect(link.messagesOf("web", "Killing")).toEqual(["Stopping container sleeper"]);
    expect(await agent.runtime.list()).toEqual({ sandboxes: [], containers: [] });
  });
});
