import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createDockerRuntime } from "../../../../src/agent/runtime/docker/runtime.ts";
import { ImagePullError, RuntimeUnavailableError } from "../../../../src/agent/runtime/types.ts";
import { systemClock } from "../../../../src/machinery/clock.ts";
import { silentLogger } from "../../../../src/machinery/logger.ts";
import { describeDocker } from "../../../docker-gate.ts";
import { busybox, ensureImage } from "../../../images/busybox.ts";
import { containerConfig, docker, dockerRuntime, sandboxConfig } from "./docker-fixture.ts";

const never = new AbortController().signal;

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

describeDocker("Docker runtime", () => {
  const { runtime, clusterId, clean } = dockerRuntime();
  const uid = randomUUID();
  let image = "";
  beforeAll(async () => {
    image = await ensureImage(busybox);
  });
  afterAll(clean);

  test("tells the bridge of its pods", async () => {
    const network = await runtime.podNetwork?.();
    expect(network?.interface).toMatch(/^kl-[0-9a-f]{10}$/);
    const sandbox = await runtime.createSandbox(sandboxConfig(randomUUID()));
    const prefix = network?.gateway.split(".").slice(0, 2).join(".") ?? "";
    expect(sandbox.ips[0]?.startsWith(`${prefix}.`)).toBe(true);
    expect(network?.subnet.startsWith(`${prefix}.`)).toBe(true);
  });

  test("a sandbox and its containers share network, name and IPC, and are found by their labels", async () => {
    const changed = vi.fn();
    const unwatch = runtime.watch({ changed, resync: () => undefined });
    const sandbox = await runtime.createSandbox(
      sandboxConfig(uid, { hostAliases: [{ ip: "10.1.2.3", hostnames: ["db", "db.local"] }] }),
    );
    expect(sandbox).toMatchObject({ podUid: uid, attempt: 0, running: true, ips: [expect.stringMatching(/^\d+\./)] });

    const serve = [
      "sh",
      "-c",
      "hostname; echo oops >&2; cat /etc/hosts; mkdir -p /www; echo hi > /www/index.html; exec httpd -f -p 8080 -h /www",
    ];
    const id = await runtime.createContainer(sandbox, containerConfig(uid, image, { command: serve }));
    expect((await runtime.inspectContainer(id))?.state).toBe("created");
    await runtime.startContainer(id);
    const { sandboxes, containers } = await runtime.list(uid);
    expect(sandboxes).toEqual([{ ...sandbox, createdAt: expect.any(String) }]);
    expect(containers).toEqual([
      expect.objectContaining({ id, name: "app", kind: "app", attempt: 0, specHash: "hash", state: "running" }),
    ]);
    await vi.waitFor(() => expect(changed).toHaveBeenCalledWith(uid));
    unwatch();

    const neighbour = ["wget", "-qO-", "http://127.0.0.1:8080/"];
    const second = await runtime.createContainer(
      sandbox,
      containerConfig(uid, image, { name: "second", command: neighbour }),
    );
    await vi.waitFor(async () => {
      await runtime.startContainer(second);
      expect(await text(await runtime.logs(second, { follow: true }, never))).toBe("hi\n");
    });

    const log = await vi.waitFor(async () => {
      const log = await text(await runtime.logs(id, { stream: "Stdout" }, never));
      expect(log).toContain("10.1.2.3\tdb.local");
      return log;
    });
    expect(log.split("\n")[0]).toBe("web");
    expect(await text(await runtime.logs(id, { stream: "Stderr" }, never))).toBe("oops\n");
    expect(await text(await runtime.logs(id, { limitBytes: 3, stream: "Stdout" }, never))).toBe("web");

    const connection = await runtime.portForward(sandbox, 8080);
    connection.end("GET / HTTP/1.0\r\n\r\n");
    expect(await text(connection)).toContain("hi");
    await expect(runtime.portForward(sandbox, 9)).rejects.toThrow(/9 inside namespace of pod .*: connection refused/);

    // What listens on loopback only is reached from inside the sandbox, whole answers after a half-closed request too.
    const serveLocally = ["sh", "-c", "mkdir /l; yes | head -c 300000 > /l/big; exec httpd -f -p 127.0.0.1:7777 -h /l"];
    const local = containerConfig(uid, image, { name: "third", command: serveLocally });
    await runtime.startContainer(await runtime.createContainer(sandbox, local));
    const inside = await vi.waitFor(() => runtime.portForward(sandbox, 7777), 5000);
    inside.end("GET /big HTTP/1.0\r\n\r\n");
    const [head = "", body = ""] = (await text(inside)).split("\r\n\r\n");
    expect([head.split("\r\n")[0], body.length]).toEqual(["HTTP/1.1 200 OK", 300_000]);
  });

  test("exec gives output and exit codes, feeds stdin to its end, and probes are cut at their timeout", async () => {
    const { containers } = await runtime.list(uid);
    const id = containers.find(({ name }) => name === "app")?.id ?? "";
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    stdin.end("a\nb\n");
    const options = { command: ["sh", "-c", "wc -l; echo problem >&2; exit 7"], tty: false };
    const result = await runtime.exec(id, options, { stdin, stdout, stderr, signal: never });
    expect(result).toEqual({ exitCode: 7 });
    expect([String(stdout.read()).trim(), String(stderr.read())]).toEqual(["2", "problem\n"]);

    // Two pipes: what comes first is not fixed.
    const both = await runtime.execProbe(id, ["sh", "-c", "echo out; echo err >&2; exit 3"], 5, 100);
    expect([both.exitCode, both.output.split("\n").sort()]).toEqual([3, ["", "err", "out"]]);
    const cut = await runtime.execProbe(id, ["sh", "-c", "echo 12345678; exec sleep 77"], 0.3, 4);
    expect(cut).toEqual({ output: "1234" });
    await vi.waitFor(async () => {
      const { output } = await runtime.execProbe(id, ["sh", "-c", "ps | grep -c '[s]leep 77'"], 5, 100);
      expect(output).toBe("0\n");
    });
  });

  test("exec with a tty follows the client's size", async () => {
    const { containers } = await runtime.list(uid);
    const id = containers.find(({ name }) => name === "app")?.id ?? "";
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    async function* sizes() {
      yield { width: 101, height: 33 };
    }
    const ended = runtime.exec(id, { command: ["sh"], tty: true }, { stdin, stdout, resize: sizes(), signal: never });
    let output = "";
    stdout.on("data", (chunk) => {
      output += chunk;
    });
    await vi.waitFor(() => {
      stdin.write("stty size\n");
      expect(output).toContain("33 101");
    });
    stdin.write("exit 4\n");
    expect(await ended).toEqual({ exitCode: 4 });
  });

  test("exit codes, failed starts and OOM kills are told apart", async () => {
    const { sandboxes } = await runtime.list(uid);
    const [sandbox] = sandboxes;
    if (!sandbox) throw new Error("no sandbox");
    const run = async (name: string, command: string[], changes = {}) => {
      const id = await runtime.createContainer(sandbox, containerConfig(uid, image, { name, command, ...changes }));
      const failure = await runtime.startContainer(id).then(
        () => "",
        (error: Error) => error.message,
      );
      const ended = await vi.waitFor(
        async () => {
          const found = await runtime.inspectContainer(id);
          expect(found?.state).toBe("exited");
          return found;
        },
        { timeout: 20_000 },
      );
      return { ...ended, failure };
    };
    expect(await run("fails", ["sh", "-c", "exit 42"])).toMatchObject({ exitCode: 42, oomKilled: false, failure: "" });
    const missing = await run("missing", ["/no/such/file"]);
    expect(missing.exitCode).toBe(127);
    expect(missing.failure).toContain("no such file or directory");
    expect((await run("forbidden", ["/etc/passwd"])).exitCode).toBe(126);
    const hungry = ["sh", "-c", "x=a; while true; do x=$x$x; done"];
    // Docker itself loses about one in twenty of the kernel's notices.
    const names = ["hungry-1", "hungry-2", "hungry-3"];
    const ends = await Promise.all(names.map((name) => run(name, hungry, { memoryLimitBytes: 8 << 20 })));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([137, 137, 137]);
    expect(ends.map(({ oomKilled }) => oomKilled)).toContain(true);
  });

  test("containers of another cluster on the same engine are not seen", async () => {
    const other = dockerRuntime();
    expect(other.clusterId).not.toBe(clusterId);
    expect(await other.runtime.list()).toEqual({ sandboxes: [], containers: [] });
  });

  test("with a shared process namespace the pause program reaps what is left behind", async () => {
    const shared = randomUUID();
    const sandbox = await runtime.createSandbox(sandboxConfig(shared, { shareProcessNamespace: true }));
    // The shell ends before its child, which is then handed to PID 1 of the pod.
    const command = ["sh", "-c", "(sh -c 'sleep 0.2' &) ; exec sleep 1000"];
    const id = await runtime.createContainer(sandbox, containerConfig(shared, image, { command }));
    await runtime.startContainer(id);
    await vi.waitFor(async () => {
      const { output } = await runtime.execProbe(id, ["ps", "-o", "pid,stat,args"], 5, 1000);
      expect(output).toMatch(/^\s*1 .*\/pause/m);
      expect(output).not.toMatch(/sleep 0.2|\sZ\s/);
    });
    const before = Date.now();
    await runtime.stopSandbox(sandbox.id);
    expect(Date.now() - before).toBeLessThan(900);
    const { State } = await docker.getContainer(sandbox.id).inspect();
    expect(State).toMatchObject({ Running: false, ExitCode: 0 });
  });

  test("a pull that fails says why, in the engine's words", async () => {
    const failure = runtime.pullImage("localhost:1/nothing:1");
    await expect(failure).rejects.toBeInstanceOf(ImagePullError);
    await expect(failure).rejects.toThrow(/connection refused/);
    expect(await runtime.imageStatus("kl.test/absent:1")).toBeUndefined();
    expect((await runtime.imageStatus(image))?.repoTags).toContain(image);
  });
});

test("an engine that does not answer is RuntimeUnavailableError", async () => {
  const options = { clusterId: "x", nodeName: "n", clock: systemClock, log: silentLogger };
  const absent = createDockerRuntime({ ...options, host: "unix:///nonexistent/docker.sock" });
  await expect(absent.info()).rejects.toBeInstanceOf(RuntimeUnavailableError);
  await expect(absent.list()).rejects.toThrow(
    "Cannot connect to the Docker daemon at unix:///nonexistent/docker.sock. Is the docker daemon running?",
  );
  const server = createServer((_request, response) => response.writeHead(500).end('{"message":"broken"}'));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const failing = createDockerRuntime({ ...options, host: `tcp://127.0.0.1:${port}` });
  await expect(failing.list()).rejects.toThrow("broken");
  server.close();
});
