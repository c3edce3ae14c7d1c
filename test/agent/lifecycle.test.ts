import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { label } from "../../src/agent/runtime/docker/labels.ts";
import type { Container, Pod } from "../../src/machinery/types/core/v1.ts";
import { describeDocker } from "../docker-gate.ts";
import { busybox, ensureImage } from "../images/busybox.ts";
import {
  condition,
  containerStatus,
  podOf,
  shell,
  sleeper,
  type TestAgent,
  testAgent,
  until,
} from "./agent-fixture.ts";
import { docker } from "./runtime/docker/docker-fixture.ts";

describeDocker("the life of pods on Docker", () => {
  let agent: TestAgent;
  beforeAll(async () => {
    await ensureImage(busybox);
    agent = await testAgent();
  });
  afterAll(() => agent.end());

  async function logOf(pod: string, container: string): Promise<string> {
    const { metadata } = agent.link.pod(pod) ?? podOf(pod, []);
    const ref = { namespace: "default", name: pod, uid: metadata.uid ?? "" };
    const log: Readable = await agent.agent.link.logs(ref, { container }, new AbortController().signal);
    const chunks: Buffer[] = [];
    for await (const chunk of log) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  }

  test.concurrent("init containers run one after another, a sidecar beside them, and the sidecar ends last", async () => {
    const { link } = agent;
    const mark = (text: string) => `echo ${text} >> /shared/order`;
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    const init: Container[] = [
      { name: "first", command: ["sh", "-c", mark("first")], volumeMounts },
      {
        name: "sidecar",
        restartPolicy: "Always",
        volumeMounts,
        command: ["sh", "-c", `${mark("sidecar")}; trap '${mark("sidecar-end")}; exit 0' TERM; sleep 1000 & wait`],
      },
      { name: "last", command: ["sh", "-c", `sleep 0.1; ${mark("last")}`], volumeMounts },
    ].map((container) => ({ ...container, image: busybox.tag }));
    const app = {
      name: "app",
      volumeMounts,
      command: ["sh", "-c", `${mark("app")}; trap 'sleep 0.2; ${mark("app-end")}; exit 0' TERM; sleep 1000 & wait`],
    };
    link.set("pods", podOf("ordered", [app], { initContainers: init, volumes: [{ name: "shared", emptyDir: {} }] }));
    await until(() => expect(condition(agent, "ordered", "Ready")).toBe("True"));
    expect(containerStatus(agent, "ordered", "first")).toMatchObject({
      ready: true,
      started: false,
      state: { terminated: { exitCode: 0, reason: "Completed" } },
    });
    expect(containerStatus(agent, "ordered", "sidecar")).toMatchObject({ ready: true, started: true });
    expect(condition(agent, "ordered", "Initialized")).toBe("True");
    const waiting = link.reports.find(({ pod }) => pod.name === "ordered")?.status;
    expect(waiting?.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: "PodInitializing" } });
    expect(waiting?.conditions?.find(({ type }) => type === "Initialized")).toMatchObject({
      status: "False",
      reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [first sidecar last]",
    });

    const uid = link.pod("ordered")?.metadata.uid ?? "";
    const file = join(agent.dataDir, "pods", uid, "volumes/kubernetes.io~empty-dir/shared/order");
    const order = ["first", "sidecar", "last", "app"];
    await until(async () => expect((await readFile(file, "utf8")).trim().split("\n")).toEqual(order));
    // The volume goes with the pod: it is read when the containers have ended.
    let seen = "";
    const tearDown = agent.runtime.removeSandbox.bind(agent.runtime);
    agent.runtime.removeSandbox = async (id) => {
      seen = await readFile(file, "utf8").catch(() => seen);
      await tearDown(id);
    };
    link.delete("ordered", 10);
    await until(() => expect(link.pod("ordered")).toBeUndefined());
    agent.runtime.removeSandbox = tearDown;
    expect(seen.trim().split("\n")).toEqual([...order, "app-end", "sidecar-end"]);
  });

  test.concurrent("pods that run once succeed or fail, with their exit codes and messages", async () => {
    const { link } = agent;
    const once = { restartPolicy: "Never" };
    link.set("pods", podOf("good", [{ command: ["sh", "-c", "echo done > /dev/termination-log"] }], once));
    link.set("pods", podOf("bad", [{ command: ["sh", "-c", "exit 42"] }, { command: ["true"] }], once));
    const talkative = { terminationMessagePolicy: "FallbackToLogsOnError", command: ["sh", "-c", "echo why; exit 3"] };
    link.set("pods", podOf("talkative", [talkative], once));
    link.set("pods", podOf("missing", [{ command: ["/no/such"] }], once));
    const hungry = ["sh", "-c", "x=a; while true; do x=$x$x; done"];
    // Docker itself loses about one in twenty of the kernel's notices (its State.OOMKilled stays false).
    const hungryPods = ["hungry-1", "hungry-2", "hungry-3"];
    const limits = { memory: "8Mi" };
    for (const name of hungryPods) link.set("pods", podOf(name, [{ command: hungry, resources: { limits } }], once));
    await until(() => expect(link.status("good")?.phase).toBe("Succeeded"));
    expect(containerStatus(agent, "good", "c0")).toMatchObject({
      ready: false,
      state: { terminated: { exitCode: 0, reason: "Completed", message: "done\n" } },
    });
    expect(link.status("good")?.conditions?.find(({ type }) => type === "Ready")?.reason).toBe("PodCompleted");
    await until(() => expect(link.status("bad")?.phase).toBe("Failed"));
    expect(containerStatus(agent, "bad", "c0")?.state?.terminated).toMatchObject({ exitCode: 42, reason: "Error" });
    await until(() => expect(link.status("talkative")?.phase).toBe("Failed"));
    expect(containerStatus(agent, "talkative", "c0")?.state?.terminated?.message).toBe("why\n");
    await until(() => expect(link.status("missing")?.phase).toBe("Failed"));
    expect(containerStatus(agent, "missing", "c0")?.state?.terminated).toMatchObject({
      exitCode: 127,
      reason: "ContainerCannotRun",
      message: expect.stringContaining("no such file or directory"),
    });
    for (const name of hungryPods) await until(() => expect(link.status(name)?.phase).toBe("Failed"));
    const ends = hungryPods.map((name) => containerStatus(agent, name, "c0")?.state?.terminated);
    expect(ends.map((end) => end?.exitCode)).toEqual([137, 137, 137]);
    expect(ends.map((end) => end?.reason)).toContain("OOMKilled");
    // Logs stay readable until the pod is deleted.
    expect(await logOf("talkative", "c0")).toBe("why\n");
    link.delete("talkative");
    await until(() => expect(link.pod("talkative")).toBeUndefined());
  });

  test.concurrent("a pod past its activeDeadlineSeconds is ended", async () => {
    const { link } = agent;
    const spec = { activeDeadlineSeconds: 2, terminationGracePeriodSeconds: 1 };
    link.set("pods", podOf("late", [{ command: shell("true") }], spec));
    await until(() => expect(link.status("late")?.phase).toBe("Failed"));
    expect(link.status("late")).toMatchObject({
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    });
  });

  test.concurrent("preStop runs before SIGTERM, and a shorter grace period cuts a long one", async () => {
    const { link } = agent;
    const stubborn = ["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"];
    const lifecycle = { preStop: { exec: { command: ["sh", "-c", "echo stopping > /proc/1/fd/1"] } } };
    link.set("pods", podOf("stubborn", [{ command: stubborn, lifecycle }]));
    await until(() => expect(condition(agent, "stubborn", "Ready")).toBe("True"));
    link.delete("stubborn", 600);
    await until(async () => expect(await logOf("stubborn", "c0")).toBe("stopping\n"));
    const began = Date.now();
    link.delete("stubborn", 1);
    await until(() => expect(link.pod("stubborn")).toBeUndefined());
    expect(Date.now() - began).toBeLessThan(5000);
  });

  test.concurrent("what the engine cannot make is not asked of it again at once, but for a new spec", async () => {
    const { link } = agent;
    const since = Math.floor(Date.now() / 1000);
    const twice = ["one", "two"].map((name) => ({ name, mountPath: "/same" }));
    const volumes = ["one", "two"].map((name) => ({ name, emptyDir: {} }));
    const pod = podOf("refused", [{ command: shell("true"), volumeMounts: twice }], {
      volumes,
      terminationGracePeriodSeconds: 1,
    });
    link.set("pods", pod);
    const waiting = () => containerStatus(agent, "refused", "c0")?.state?.waiting;
    await until(() =>
      expect(waiting()).toEqual({ reason: "CreateContainerError", message: "Duplicate mount point: /same" }),
    );
    // The engine tells that what it could not make is gone: that alone is no reason to try again.
    const filters = { label: [`${label.podUid}=${pod.metadata.uid}`], event: ["destroy"] };
    const now = Math.floor(Date.now() / 1000) + 1;
    const events = await text(await docker.getEvents({ since, until: now, filters }));
    expect(events.split("\n").length).toBeLessThanOrEqual(2);
    const [first] = twice;
    link.set("pods", {
      ...pod,
      metadata: { ...pod.metadata, generation: 2 },
      spec: { ...pod.spec, containers: [{ ...pod.spec?.containers[0], volumeMounts: [first] }] },
    } as Pod);
    await until(() => expect(condition(agent, "refused", "Ready")).toBe("True"), 5000);
  });

  test.concurrent("a failed postStart kills the container", async () => {
    const { link } = agent;
    const lifecycle = { postStart: { exec: { command: ["sh", "-c", "echo no; exit 1"] } } };
    link.set("pods", podOf("unhooked", [{ command: shell("true"), lifecycle }], { terminationGracePeriodSeconds: 2 }));
    await until(() => expect(link.reasonsOf("unhooked")).toContain("FailedPostStartHook"));
    await until(() =>
      expect(containerStatus(agent, "unhooked", "c0")?.state?.waiting?.reason).toBe("PostStartHookError"),
    );
    expect(containerStatus(agent, "unhooked", "c0")?.state?.waiting?.message).toContain(
      "command 'sh -c echo no; exit 1' exited with 1: no\n",
    );
    link.remove("pods", { namespace: "default", name: "unhooked" });
    await until(async () => {
      const { containers } = await agent.runtime.list();
      expect(containers.some(({ podName }) => podName === "unhooked")).toBe(false);
    });
  });

  test.concurrent("a failed liveness probe restarts the container, readiness only marks it", async () => {
    const { link } = agent;
    const probe = (command: string) => ({
      exec: { command: ["sh", "-c", command] },
      periodSeconds: 1,
      failureThreshold: 1,
    });
    const container = {
      command: shell("touch /tmp/alive"),
      livenessProbe: probe("test -e /tmp/alive"),
      readinessProbe: probe("test -e /tmp/ready"),
    };
    link.set("pods", podOf("probed", [container], { terminationGracePeriodSeconds: 2 }));
    await until(() => expect(link.messagesOf("probed", "Unhealthy")).toContain("Readiness probe failed: "));
    expect(condition(agent, "probed", "Ready")).toBe("False");
    const id = () => containerStatus(agent, "probed", "c0")?.containerID?.slice("docker://".length) ?? "";
    const first = id();
    await agent.runtime.execProbe(first, ["touch", "/tmp/ready"], 5, 100);
    await until(() => expect(condition(agent, "probed", "Ready")).toBe("True"));
    await agent.runtime.execProbe(first, ["rm", "/tmp/alive"], 5, 100);
    await until(() => expect(containerStatus(agent, "probed", "c0")?.restartCount).toBe(1));
    expect(link.messagesOf("probed", "Killing")).toEqual(["Container c0 failed liveness probe, will be restarted"]);
    expect(id()).not.toBe(first);
    link.remove("pods", { namespace: "default", name: "probed" });
  });

  test.concurrent("a sandbox that dies is made anew, init containers included", async () => {
    const { link, clusterId } = agent;
    const initContainers = [{ name: "prepare", image: busybox.tag, command: ["true"] }];
    const app = { command: shell("true") };
    link.set("pods", podOf("reborn", [app], { initContainers, terminationGracePeriodSeconds: 2 }));
    await until(() => expect(condition(agent, "reborn", "Ready")).toBe("True"));
    const uid = link.pod("reborn")?.metadata.uid ?? "";
    const [sandbox] = (await agent.runtime.list(uid)).sandboxes;
    await docker.getContainer(sandbox?.id ?? "").kill();
    await until(() => expect(link.reasonsOf("reborn")).toContain("SandboxChanged"));
    await until(() => expect(containerStatus(agent, "reborn", "c0")?.restartCount).toBe(1));
    await until(() => expect(condition(agent, "reborn", "Ready")).toBe("True"));
    const { sandboxes } = await agent.runtime.list(uid);
    expect(sandboxes.filter(({ running }) => running).map(({ attempt }) => attempt)).toEqual([1]);
    expect(clusterId).toMatch(/^test-/);
  });

  test.concurrent("a changed image replaces its container only", async () => {
    const { link } = agent;
    await docker.getImage(busybox.tag).tag({ repo: "kl.test/busybox", tag: "2" });
    const first = { name: "changing", command: shell("true") };
    const second = { name: "staying", command: shell("true") };
    link.set("pods", podOf("changed", [first, second], { terminationGracePeriodSeconds: 2 }));
    await until(() => expect(condition(agent, "changed", "Ready")).toBe("True"));
    const pod = link.pod("changed");
    const containers = (pod?.spec?.containers ?? []).map((container) =>
      container.name === "changing" ? { ...container, image: "kl.test/busybox:2" } : container,
    );
    const staying = containerStatus(agent, "changed", "staying")?.containerID;
    link.set("pods", {
      ...pod,
      metadata: { ...pod?.metadata, generation: 2 },
      spec: { ...pod?.spec, containers },
    } as never);
    await until(() =>
      expect(containerStatus(agent, "changed", "changing")).toMatchObject({
        restartCount: 1,
        image: "kl.test/busybox:2",
      }),
    );
    expect(link.messagesOf("changed", "Killing")).toEqual(["Container changing definition changed, will be restarted"]);
    expect(containerStatus(agent, "changed", "staying")).toMatchObject({ restartCount: 0, containerID: staying });
    await until(() => expect(link.status("changed")?.observedGeneration).toBe(2));
    await docker.getImage("kl.test/busybox:2").remove({ force: true });
  });

  test.concurrent("two pods at once, each with its own address, find each other", async () => {
    const { link } = agent;
    const serve = ["sh", "-c", "mkdir /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www"];
    link.set("pods", podOf("server", [{ command: serve }], { terminationGracePeriodSeconds: 1 }));
    link.set("pods", podOf("other", [sleeper], { terminationGracePeriodSeconds: 1 }));
    await until(() => {
      expect(condition(agent, "server", "Ready")).toBe("True");
      expect(condition(agent, "other", "Ready")).toBe("True");
    });
    const address = link.status("server")?.podIP;
    expect(address).not.toBe(link.status("other")?.podIP);
    const id = containerStatus(agent, "other", "sleeper")?.containerID?.slice("docker://".length) ?? "";
    await until(async () => {
      const { output } = await agent.runtime.execProbe(id, ["wget", "-qO-", `http://${address}:8080/`], 5, 100);
      expect(output).toBe("hello\n");
    });
  });
});
