import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import { afterAll, expect, test, vi } from "vitest";
import { describeDocker } from "../../../docker-gate.ts";
import { busybox, ensureImage } from "../../../images/busybox.ts";
import { containerConfig, dockerRuntime, sandboxConfig } from "./docker-fixture.ts";

describeDocker("attach", () => {
  const { runtime, clean } = dockerRuntime();
  afterAll(clean);

  test.each([
    ["goes on after the client's input has ended, if others may still type", false],
    ["ends the process's input with the client's, where there is one client only", true],
  ])("%s", async (_, stdinOnce) => {
    const uid = randomUUID();
    const sandbox = await runtime.createSandbox(sandboxConfig(uid));
    const command = ["sh", "-c", "while read line; do sleep 0.1; echo got $line; done; exit 4"];
    const changes = { command, stdin: true, stdinOnce };
    const id = await runtime.createContainer(sandbox, containerConfig(uid, await ensureImage(busybox), changes));
    await runtime.startContainer(id);
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const abort = new AbortController();
    const attached = runtime.attach(id, { tty: false }, { stdin, stdout, signal: abort.signal });
    stdin.end("hello\n");
    await vi.waitFor(() => expect(String(stdout.read() ?? "")).toBe("got hello\n"), 5_000);
    if (stdinOnce) {
      expect(await attached).toEqual({ exitCode: 4 });
    } else {
      expect((await runtime.inspectContainer(id))?.state).toBe("running");
      abort.abort();
      expect(await attached).toEqual({});
    }
  });
});
