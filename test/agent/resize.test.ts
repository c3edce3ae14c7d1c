/** Resizes of running pods, by the real engine: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/ */
import Docker from "dockerode";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Container, ContainerStatus, Pod, ResourceRequirements } from "../../src/machinery/types/core/v1.ts";
import { describeDocker } from "../docker-gate.ts";
import { condition, containerStatus, podOf, sleeper, type TestAgent, testAgent, until } from "./agent-fixture.ts";

const sized = (cpu: string, memory: string, limit = memory): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu: "500m", memory: limit },
});

describeDocker("resize", () => {
  let agent: TestAgent;
  beforeAll(async () => {
    agent = await testAgent();
  });
  afterAll(() => agent.end());

  const docker = new Docker();
  const hostConfig = async (pod: string) => {
    const id = containerStatus(agent, pod, "sleeper")?.containerID?.replace("docker://", "") ?? "";
    return (await docker.getContainer(id).inspect()).HostConfig;
  };
  const running = (pod: string) => until(() => expect(containerStatus(agent, pod, "sleeper")?.ready).toBe(true));

  function run(name: string, more: Partial<Container>): void {
    agent.link.set("pods", podOf(name, [{ ...sleeper, ...more }], { terminationGracePeriodSeconds: 1 }));
  }

  function resize(name: string, resources: ResourceRequirements): void {
    const pod = agent.link.pod(name);
    if (!pod?.spec) throw new Error(`no pod ${name}`);
    const containers = pod.spec.containers.map((container) => ({ ...container, resources }));
    const metadata = { ...pod.metadata, generation: (pod.metadata.generation ?? 0) + 1 };
    agent.link.set("pods", { ...pod, metadata, spec: { ...pod.spec, containers } } as Pod);
  }

  const status = (pod: string): ContainerStatus | undefined => containerStatus(agent, pod, "sleeper");

  test("is made in place: the container runs on with other limits", async () => {
    run("grows", { resources: sized("100m", "32Mi") });
    await running("grows");
    const id = status("grows")?.containerID;
    resize("grows", sized("250m", "32Mi", "64Mi"));
    await until(() => expect(status("grows")?.resources).toEqual(sized("250m", "32Mi", "64Mi")));
    expect(status("grows")).toMatchObject({
      allocatedResources: { cpu: "250m", memory: "32Mi" },
      containerID: id,
      restartCount: 0,
    });
    expect(await hostConfig("grows")).toMatchObject({ CpuShares: 256, Memory: 64 << 20, CpuQuota: 50_000 });
    expect(condition(agent, "grows", "PodResizeInProgress")).toBeUndefined();
    const reports = agent.link.reports.filter(({ pod }) => pod.name === "grows");
    const underWay = reports.find(({ status }) =>
      status.conditions?.some(({ type }) => type === "PodResizeInProgress"),
    );
    expect(underWay?.status.containerStatuses?.[0]?.resources).toEqual(sized("100m", "32Mi"));
    await until(() => expect(agent.link.reasonsOf("grows")).toContain("ResizeCompleted"));
  });

  test("restarts the container where its policy says so", async () => {
    const resizePolicy = [{ resourceName: "memory" as const, restartPolicy: "RestartContainer" as const }];
    run("restarts", { resources: sized("100m", "32Mi"), resizePolicy });
    await running("restarts");
    resize("restarts", sized("100m", "48Mi"));
    await until(() => expect(status("restarts")?.restartCount).toBe(1));
    await running("restarts");
    expect((await hostConfig("restarts")).Memory).toBe(48 << 20);
    expect(agent.link.messagesOf("restarts", "Killing")).toContain("Container sleeper resize requires restart");
  });

  test("more than the node has is infeasible, and nothing changes", async () => {
    run("huge", { resources: sized("100m", "32Mi") });
    await running("huge");
    resize("huge", { requests: { cpu: "1000", memory: "32Mi" }, limits: { memory: "32Mi" } });
    await until(() => expect(condition(agent, "huge", "PodResizePending")).toBe("True"));
    const pending = agent.link.status("huge")?.conditions?.find(({ type }) => type === "PodResizePending");
    expect(pending?.reason).toBe("Infeasible");
    expect(pending?.message).toMatch(/^Node didn't have enough capacity: cpu, requested: 1000000, capacity: \d+$/);
    expect(status("huge")?.allocatedResources).toEqual({ cpu: "100m", memory: "32Mi" });
    resize("huge", sized("100m", "32Mi"));
    await until(() => expect(condition(agent, "huge", "PodResizePending")).toBeUndefined());
  });

  test("one that was agreed to is made by the next agent", async () => {
    run("adopted", { resources: sized("100m", "32Mi") });
    await running("adopted");
    await agent.restart(() => resize("adopted", sized("200m", "32Mi")));
    await until(async () => expect((await hostConfig("adopted")).CpuShares).toBe(204));
    expect(status("adopted")?.restartCount).toBe(0);
  });

  test("an ephemeral container sees its target's processes, and is not restarted", async () => {
    run("debugged", {});
    await running("debugged");
    const pod = agent.link.pod("debugged");
    if (!pod?.spec) throw new Error("no pod");
    const debug = {
      name: "debug",
      image: "kl.test/busybox:1",
      targetContainerName: "sleeper",
      command: ["sh", "-c", "cat /proc/1/cmdline | tr '\\0' ' ' > /dev/termination-log"],
    };
    const metadata = { ...pod.metadata, generation: 2 };
    agent.link.set("pods", { ...pod, metadata, spec: { ...pod.spec, ephemeralContainers: [debug] } } as Pod);
    const ended = () => agent.link.status("debugged")?.ephemeralContainerStatuses?.[0]?.state?.terminated;
    await until(() => expect(ended()?.message).toBe("sleep 100000 "));
    expect(condition(agent, "debugged", "Ready")).toBe("True");
  });
});
