/** The main job, as a user does it: examples/hello on a real Docker engine, with two versions of kubectl. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { kubectls } from "../clients/kubectl.ts";
import { describeDocker } from "../docker-gate.ts";
import {
  applyAndWait,
  attaches,
  brokenUpdateIsUndone,
  clientOf,
  copies,
  deletesEverything,
  forwardsPorts,
  makeHelloImage,
  type Run,
  showsRunningPods,
  streams,
} from "./hello.ts";
import { KlServer } from "./kl-server.ts";

const binaries = await kubectls();

describeDocker("examples/hello on Docker", () => {
  const server = new KlServer();
  beforeAll(async () => {
    makeHelloImage();
    await server.start();
  }, 120_000);
  afterAll(() => server.destroy(), 120_000);

  for (const binary of binaries) {
    const version = /kubectl-?(\S*)$/.exec(binary)?.[1] ?? binary;
    const run: Run = (...args) => clientOf(server, binary)(...args);

    it(`runs with kubectl ${version}`, { timeout: 180_000 }, async () => {
      await applyAndWait(run);
      await showsRunningPods(run);
      expect((await run("apply", "-f", new URL("../../examples/hello", import.meta.url).pathname)).stdout).toContain(
        "deployment.apps/hello unchanged",
      );
    });
    it(`streams with kubectl ${version}: exec, logs`, { timeout: 120_000 }, () => streams(run, server, binary));
    it(`copies with kubectl ${version}`, { timeout: 120_000 }, () => copies(run));
    it(`forwards ports with kubectl ${version}`, { timeout: 120_000 }, () => forwardsPorts(run, server, binary));
    it(`attaches with kubectl ${version}`, { timeout: 120_000 }, () => attaches(run, server, binary));
    it(`stops a broken update and undoes it with kubectl ${version}`, { timeout: 180_000 }, () =>
      brokenUpdateIsUndone(run),
    );
    it(`deletes everything with kubectl ${version}`, { timeout: 120_000 }, () => deletesEverything(run, server));
  }
});
