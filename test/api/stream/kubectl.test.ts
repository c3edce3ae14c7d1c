/** The streams as the real kubectl of both lines uses them. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { kubectls, runClient } from "../../clients/kubectl.ts";
import { type StreamFixture, startStreams } from "./stream-fixture.ts";

let server: StreamFixture;
let home: string;
let kubeconfig: string;
const running = new Set<ChildProcess>();
const binaries = await kubectls();

beforeAll(async () => {
  server = await startStreams();
  home = await mkdtemp(join(tmpdir(), "kl-streams-"));
  kubeconfig = server.kubeconfig;
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await server.close();
  await rm(home, { recursive: true });
});

/** kubectl that goes on running: its output so far, and its end. */
function start(binary: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(binary, args, { env: { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig, ...env } });
  running.add(child);
  child.stdin.on("error", () => undefined);
  const output = { text: "" };
  child.stdout.on("data", (chunk) => {
    output.text += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.text += chunk;
  });
  const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, output, code };
}

describe.each(binaries.map((binary, index) => [index === 0 ? "kubectl 1.31" : "kubectl 1.35", binary]))(
  "%s",
  (_, binary) => {
    const kubectl = (args: string[], stdin?: string) =>
      runClient(binary, args, { kubeconfig, ...(stdin === undefined ? {} : { stdin }) });

    test("logs", async () => {
      expect(
        await kubectl(["logs", "web", "-c", "app", "--tail=5", "--timestamps", "--since=10m", "--limit-bytes=99"]),
      ).toMatchObject({
        code: 0,
        stdout: "one\ntwo\n",
      });
      expect(server.agent.asked.at(-1)).toBe(
        `logs ${JSON.stringify({
          ...{ follow: false, previous: false, timestamps: true, sinceSeconds: 600, tailLines: 5, limitBytes: 99 },
          container: "app",
        })}`,
      );
      expect(await kubectl(["logs", "web", "-c", "nope"])).toMatchObject({
        code: 1,
        stderr: "error: container nope is not valid for pod web\n",
      });
      expect(await kubectl(["logs", "web", "-c", "app", "-p"])).toMatchObject({
        code: 1,
        stderr: 'Error from server (BadRequest): previous terminated container "app" in pod "web" not found\n',
      });
      expect(await kubectl(["logs", "pending"])).toMatchObject({ code: 0, stdout: "" });
      expect((await kubectl(["logs", "lost"])).stderr).toContain('the agent of node "gone" is not connected');
    });

    test("logs -f shows lines as they come, and ends with the container", async () => {
      const log = new Readable({ read: () => undefined });
      server.agent.log = () => log;
      const { output, code } = start(binary, ["logs", "-f", "web", "-c", "app"]);
      log.push("first\n");
      await vi.waitFor(() => expect(output.text).toBe("first\n"), 5_000);
      log.push("second\n");
      log.push(null);
      expect(await code).toBe(0);
      expect(output.text).toBe("first\nsecond\n");
      server.agent.log = () => Readable.from(["one\n", "two\n"]);
    });

    test("a reader of logs that goes away ends the agent's stream", async () => {
      const log = new Readable({ read: () => undefined });
      server.agent.log = () => log;
      const { child, output } = start(binary, ["logs", "-f", "web", "-c", "app"]);
      log.push("first\n");
      await vi.waitFor(() => expect(output.text).toBe("first\n"), 5_000);
      child.kill("SIGKILL");
      await vi.waitFor(() => expect(log.destroyed).toBe(true), 5_000);
      server.agent.log = () => Readable.from(["one\n", "two\n"]);
    });

    describe.each([
      ["WebSocket", {}],
      ["SPDY", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
    ])("over %s", (_protocol, env: Record<string, string>) => {
      const run = async (args: string[], stdin = "") => {
        const { child, output, code } = start(binary, args, env);
        child.stdin.end(stdin);
        return { code: await code, output: output.text };
      };

      test("exec: output of both kinds and the exit code", async () => {
        const script = "echo out; echo err >&2; exit 3";
        const result = await run(["exec", "web", "-c", "app", "--", "sh", "-c", script]);
        expect(result.code).toBe(3);
        expect(result.output.split("\n").sort()).toEqual(["", "command terminated with exit code 3", "err", "out"]);
        expect(server.agent.asked.at(-1)).toBe(`exec app sh -c ${script}`);
        expect(await run(["exec", "web", "-c", "app", "--", "true"])).toEqual({ code: 0, output: "" });
        expect((await run(["exec", "web", "-c", "app", "-v=4", "--", "true"])).output).not.toMatch(/fallback/i);
      });

      test("exec: stdin is passed on, and its end too", async () => {
        const text = randomBytes(3 << 20).toString("base64");
        const result = await run(["exec", "-i", "web", "-c", "app", "--", "cat"], text);
        expect(result.code).toBe(0);
        expect(result.output === text).toBe(true);
      });

      test("exec: a container that does not run", async () => {
        const result = await run(["exec", "web", "-c", "stopped", "--", "true"]);
        expect(result.code).toBe(1);
        expect(result.output).toContain('unable to upgrade connection: container not found ("stopped")');
      });

      test("exec: a client that vanishes ends the process", async () => {
        const { child, output } = start(
          binary,
          ["exec", "web", "-c", "app", "--", "sh", "-c", "echo up; exec sleep 600"],
          env,
        );
        await vi.waitFor(() => expect(output.text).toBe("up\n"), 5_000);
        expect(server.agent.children.size).toBe(1);
        child.kill("SIGKILL");
        await vi.waitFor(() => expect(server.agent.children.size).toBe(0), 5_000);
      });

      test("exec -t: one output, and the terminal's sizes", async () => {
        server.agent.sizes.length = 0;
        const inner = `stty rows 33 cols 101; "${binary}" exec -it web -c app -- sh -c 'echo out; echo err >&2; sleep 0.2'`;
        const { code, output } = start("script", ["-qec", inner, "/dev/null"], env);
        expect(await code).toBe(0);
        expect(output.text).toContain("out");
        expect(output.text).not.toContain("err");
        expect(server.agent.sizes).toContain("101x33");
        expect(server.agent.asked.at(-1)).toContain("exec app tty sh -c");
      });

      test("attach", async () => {
        const { child, output, code } = start(binary, ["attach", "-i", "web", "-c", "app"], env);
        await vi.waitFor(() => expect(output.text).toContain("attached"), 5_000);
        child.stdin.end("typed\n");
        expect(await code).toBe(0);
        expect(output.text).toContain("typed\n");
      });

      test("cp to and from the container", async () => {
        const from = await mkdtemp(join(home, "from-"));
        const inside = await mkdtemp(join(home, "inside-"));
        const to = await mkdtemp(join(home, "to-"));
        const content = randomBytes(2 << 20);
        await mkdir(join(from, "tree", "deep"), { recursive: true });
        await writeFile(join(from, "tree", "deep", "file"), content);
        expect((await run(["cp", "-c", "app", join(from, "tree"), `default/web:${inside}/tree`])).code).toBe(0);
        expect((await readFile(join(inside, "tree", "deep", "file"))).equals(content)).toBe(true);
        expect((await run(["cp", "-c", "app", `default/web:${inside}/tree`, join(to, "tree")])).code).toBe(0);
        expect((await readFile(join(to, "tree", "deep", "file"))).equals(content)).toBe(true);
      });

      test("port-forward: connections in parallel, large answers, half-close, refusals", async () => {
        // Answers only once the client has closed its side.
        const echo = createServer({ allowHalfOpen: true }, (socket) => {
          const chunks: Buffer[] = [];
          socket.on("data", (chunk) => chunks.push(chunk));
          socket.on("end", () => socket.end(Buffer.concat(chunks)));
        });
        await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
        const { port } = echo.address() as AddressInfo;
        const forward = start(binary, ["port-forward", "pod/web", `:${port}`, "-v=4"], env);
        await vi.waitFor(() => expect(forward.output.text).toMatch(/127\.0\.0\.1:\d+ ->/), 5_000);
        const local = Number(/127\.0\.0\.1:(\d+) ->/.exec(forward.output.text)?.[1]);
        const bodies = Array.from({ length: 8 }, () => randomBytes(1 << 20));
        const answers = await Promise.all(bodies.map((body) => exchange(local, body)));
        // kubectl tries SPDY silently where its WebSocket is refused.
        expect(forward.output.text).not.toMatch(/fallback/i);
        expect(answers.every((answer, index) => answer.equals(bodies[index] ?? Buffer.alloc(0)))).toBe(true);
        await vi.waitFor(() => expect(server.agent.connections).toBe(0), 5_000);
        await new Promise((resolve) => echo.close(resolve));
        await exchange(local, Buffer.from("x")).catch(() => undefined);
        await vi.waitFor(
          () => expect(forward.output.text).toContain(`error forwarding port ${port} to pod web`),
          5_000,
        );
        forward.child.kill("SIGINT");
        await forward.code;
      });
    });

    test("what is asked of the wrong pod", async () => {
      const several = await kubectl(["exec", "two", "-c", "c", "--", "true"]);
      expect(several.stderr).toContain("container c is not valid for pod two");
      expect((await kubectl(["exec", "lost", "--", "true"])).stderr).toContain(
        'the agent of node "gone" is not connected',
      );
    });
  },
);

/** Sends everything, closes its side, and resolves with what comes back. */
async function exchange(port: number, body: Buffer): Promise<Buffer> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
