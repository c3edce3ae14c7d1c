import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDocker } from "../docker-gate.ts";
import { FakeClock } from "../fake-clock.ts";
import { busybox, ensureImage } from "../images/busybox.ts";
import { containerStatus, podOf, type TestAgent, testAgent, until } from "./agent-fixture.ts";

describeDocker("containers that fail again and again", () => {
  let agent: TestAgent;
  const clock = new FakeClock(Date.now());
  beforeAll(async () => {
    await ensureImage(busybox);
    agent = await testAgent(clock);
  });
  afterAll(() => agent.end());

  /** The agent's clock stands still: each back-off ends when the test says so. */
  async function pass(milliseconds: number) {
    clock.advance(Math.max(0, Date.now() - clock.now()) + milliseconds);
  }

  test("CrashLoopBackOff grows from 10 s, twofold", async () => {
    const { link } = agent;
    const pod = podOf("crash", [{ name: "app", command: ["sh", "-c", "exit 5"] }]);
    link.set("pods", pod);
    const state = () => containerStatus(agent, "crash", "app");
    for (const [restarts, delay] of [
      [1, "10s"],
      [2, "20s"],
      [3, "40s"],
    ] as const) {
      await until(() =>
        expect(state()).toMatchObject({
          restartCount: restarts,
          state: {
            waiting: {
              reason: "CrashLoopBackOff",
              message: `back-off ${delay} restarting failed container=app pod=crash_default(${pod.metadata.uid})`,
            },
          },
          lastState: { terminated: { exitCode: 5, reason: "Error" } },
        }),
      );
      expect(link.status("crash")?.phase).toBe("Running");
      await pass(Number.parseInt(delay, 10) * 1000);
    }
    await until(() => expect(state()?.restartCount).toBe(4));
    await until(() => {
      clock.advance(200);
      expect(link.messagesOf("crash", "BackOff")).toEqual([
        `Back-off restarting failed container app in pod crash_default(${pod.metadata.uid})`,
      ]);
    });
    // Two dead containers at most are kept.
    const { containers } = await agent.runtime.list(pod.metadata.uid);
    expect(containers.length).toBeLessThanOrEqual(2);
  });

  test("an image that cannot be pulled is backed off from, one that must not be pulled is not tried", async () => {
    const { link } = agent;
    link.set("pods", podOf("pull", [{ image: "localhost:1/absent:1" }]));
    link.set("pods", podOf("never", [{ image: "kl.test/absent:1", imagePullPolicy: "Never" }]));
    link.set("pods", podOf("wrong", [{ image: "Not//AnImage" }]));
    const waiting = (pod: string) => containerStatus(agent, pod, "c0")?.state?.waiting;
    const told = () =>
      link.reports
        .filter(({ pod }) => pod.name === "pull")
        .map(({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason);
    await until(() => expect(told()).toContain("ErrImagePull"));
    await until(() =>
      expect(waiting("never")).toEqual({
        reason: "ErrImageNeverPull",
        message: 'Container image "kl.test/absent:1" is not present with pull policy of Never',
      }),
    );
    await until(() =>
      expect(waiting("wrong")).toEqual({
        reason: "InvalidImageName",
        message:
          'Failed to apply default image tag "Not//AnImage": couldn\'t parse image name "Not//AnImage": invalid reference format',
      }),
    );
    expect(link.status("pull")?.phase).toBe("Pending");
    // Any other reason to look at the pod within the ten seconds finds the back-off.
    await pass(1000);
    link.set("pods", { ...(link.pod("pull") ?? podOf("pull", [])) });
    await until(() => expect(waiting("pull")?.reason).toBe("ImagePullBackOff"));
    expect(waiting("pull")?.message).toMatch(
      /^Back-off pulling image "localhost:1\/absent:1": ErrImagePull: .*connection refused/,
    );
    await until(() => {
      clock.advance(200);
      expect(link.reasonsOf("pull")).toEqual(["Pulling", "Failed", "Failed", "BackOff", "Failed"]);
      expect(link.messagesOf("pull", "Failed")).toEqual([
        expect.stringContaining('Failed to pull image "localhost:1/absent:1": '),
        "Error: ErrImagePull",
        "Error: ImagePullBackOff",
      ]);
    });
    await pass(10_000);
    await until(() => {
      clock.advance(100);
      expect(
        link.events.find(({ reason, involvedObject }) => reason === "Pulling" && involvedObject.name === "pull")?.count,
      ).toBe(2);
    });
  });
});
