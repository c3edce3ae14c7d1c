/** The streams as client libraries use them: channels of every protocol, and what goes wrong. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { TerminalSizes } from "../../../src/api/stream/terminal-sizes.ts";
import { type StreamFixture, startStreams } from "./stream-fixture.ts";

let server: StreamFixture;
beforeAll(async () => {
  server = await startStreams();
});
afterAll(() => server.close());

interface Talk {
  readonly socket: WebSocket;
  /** Everything received so far, by channel. */
  readonly channels: Record<number, string>;
  readonly messages: Buffer[];
  readonly closed: Promise<number>;
}

async function talk(path: string, protocol: string[] = []): Promise<Talk> {
  const { certificates, port } = server;
  const socket = new WebSocket(`wss://127.0.0.1:${port}/api/v1/namespaces/default/pods/${path}`, protocol, {
    ...certificates.admin,
    ca: certificates.authority.cert,
  });
  const channels: Record<number, string> = {};
  const messages: Buffer[] = [];
  socket.on("message", (data: Buffer, isBinary) => {
    messages.push(data);
    const channel = isBinary ? (data[0] ?? -1) : Number(String.fromCharCode(data[0] ?? 0));
    const text = isBinary ? data.toString("utf8", 1) : Buffer.from(data.toString("latin1", 1), "base64").toString();
    channels[channel] = (channels[channel] ?? "") + text;
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await once(socket, "open");
  return { socket, channels, messages, closed };
}

/** The status and body of a refused upgrade. */
async function refusal(path: string, protocol: string[]): Promise<{ code: number; message: string }> {
  const { certificates, port } = server;
  const socket = new WebSocket(`wss://127.0.0.1:${port}/api/v1/namespaces/default/pods/${path}`, protocol, {
    ...certificates.admin,
    ca: certificates.authority.cert,
  });
  socket.on("error", () => undefined);
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, Readable & { statusCode: number }];
  let body = "";
  for await (const chunk of response) body += chunk;
  socket.terminate();
  return { code: response.statusCode, message: (JSON.parse(body) as { message: string }).message };
}

const shell = (script: string, flags = "stdout=1&stderr=1") =>
  `web/exec?container=app&${flags}&command=sh&command=-c&command=${encodeURIComponent(script)}`;

describe("exec", () => {
  test.each(["v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"])("%s", async (protocol) => {
    const { channels, closed, messages, socket } = await talk(shell("echo out; echo err >&2; exit 7"), [protocol]);
    expect(socket.protocol).toBe(protocol);
    expect(await closed).toBe(1000);
    expect(messages[0]?.length).toBe(1);
    expect([channels[1], channels[2]]).toEqual(["out\n", "err\n"]);
    expect(JSON.parse(channels[3] ?? "")).toEqual({
      metadata: {},
      status: "Failure",
      message: "command terminated with non-zero exit code: exit status 7",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "7" }] },
    });
  });

  test.each([["channel.k8s.io"], ["base64.channel.k8s.io"], [""]])("%j: errors are plain text", async (protocol) => {
    const { channels, closed } = await talk(shell("echo out; exit 7"), protocol ? [protocol] : []);
    await closed;
    expect([channels[1], channels[3]]).toEqual(["out\n", "command terminated with non-zero exit code: exit status 7"]);
  });

  test("the first protocol of the client's that is known is spoken", async () => {
    const { socket, closed } = await talk(shell("true"), [
      "v9.channel.k8s.io",
      "v4.channel.k8s.io",
      "v5.channel.k8s.io",
    ]);
    expect(socket.protocol).toBe("v4.channel.k8s.io");
    await closed;
  });

  test("v5: the client closes stdin; what it sends later is dropped", async () => {
    const { channels, closed, socket } = await talk(shell("cat; echo end", "stdin=1&stdout=1"), ["v5.channel.k8s.io"]);
    socket.send(Buffer.from("\0typed "));
    socket.send(Buffer.from([255, 0]));
    socket.send(Buffer.from("\0lost"));
    await closed;
    expect(channels[1]).toBe("typed end\n");
    expect(JSON.parse(channels[3] ?? "")).toEqual({ metadata: {}, status: "Success" });
  });

  test("v4: 255 is not a command", async () => {
    const { channels, socket, closed } = await talk(shell("head -c 5; echo", "stdin=1&stdout=1"), [
      "v4.channel.k8s.io",
    ]);
    socket.send(Buffer.from([255, 0]));
    socket.send(Buffer.from("\0abcde"));
    await closed;
    expect(channels[1]).toBe("abcde\n");
  });

  test("a slow reader holds the process back", async () => {
    const { socket, channels, closed } = await talk(shell("head -c 50000000 /dev/zero"), ["v5.channel.k8s.io"]);
    socket.pause();
    const child = [...server.agent.children][0];
    // Buffers on the way fill up, and then the process waits.
    await vi.waitFor(() => expect(child?.stdout?.isPaused()).toBe(true), 5_000);
    expect(child?.exitCode).toBeNull();
    socket.resume();
    await closed;
    expect(channels[1]?.length).toBe(50_000_000);
  });

  test("a process that does not read holds the client back", async () => {
    const { socket } = await talk(shell("sleep 60", "stdin=1"), ["v5.channel.k8s.io"]);
    const block = Buffer.alloc(1 << 20);
    for (let i = 0; i < 40; i++) socket.send(block);
    await vi.waitFor(() => expect(server.agent.children.size).toBe(1));
    // What does not fit into the buffers on the way stays with the client.
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.bufferedAmount).toBeGreaterThan(20 << 20);
    socket.terminate();
    for (const child of server.agent.children) child.kill("SIGKILL");
    await vi.waitFor(() => expect(server.agent.children.size).toBe(0), 5_000);
  });

  test("what is refused", async () => {
    const v5 = ["v5.channel.k8s.io"];
    expect(await refusal("web/exec?container=app&command=true", v5)).toEqual({
      code: 400,
      message: "you must specify at least 1 of stdin, stdout, stderr",
    });
    expect(await refusal("two/exec?stdout=1&command=true", v5)).toEqual({
      code: 400,
      message: "a container name must be specified for pod two, choose one of: [a b]",
    });
    expect(await refusal("pending/exec?stdout=1&command=true", v5)).toEqual({
      code: 400,
      message: "pod pending does not have a host assigned",
    });
    expect(await refusal("nobody/exec?stdout=1&command=true", v5)).toEqual({
      code: 404,
      message: 'pods "nobody" not found',
    });
    expect((await refusal("lost/exec?stdout=1&command=true", v5)).code).toBe(503);
    expect((await refusal(shell("true"), ["v9.channel.k8s.io"])).code).toBe(400);
  });
});

test("port-forward over channels: both begin with the port", async () => {
  const echo = createServer((socket) => void socket.pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const { port } = echo.address() as AddressInfo;
  const { socket, messages, closed } = await talk(`web/portforward?ports=${port}`, ["v4.channel.k8s.io"]);
  await vi.waitFor(() => expect(messages).toHaveLength(2));
  expect(messages.map((message) => [message[0], message.readUInt16LE(1)])).toEqual([
    [0, port],
    [1, port],
  ]);
  socket.send(Buffer.from("\0hello"));
  await vi.waitFor(() => expect(messages.at(-1)?.toString()).toBe("\0hello"));
  socket.close();
  await closed;
  await vi.waitFor(() => expect(server.agent.connections).toBe(0));
  await new Promise((resolve) => echo.close(resolve));
  const refused = await talk(`web/portforward?ports=${port}`, ["v4.channel.k8s.io"]);
  await refused.closed;
  expect(refused.channels[1]).toContain(`error forwarding port ${port} to pod web`);
  expect((await refusal("web/portforward?ports=0", ["v4.channel.k8s.io"])).code).toBe(400);
});

describe("log", () => {
  const log = (query: string) => server.get(`/api/v1/namespaces/default/pods/web/log?${query}`);

  test.each([
    [
      "tailLines=-1",
      'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    ["limitBytes=0", 'PodLogOptions "web" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
    ["sinceSeconds=0", 'PodLogOptions "web" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0'],
    [
      "stream=Both",
      'PodLogOptions "web" is invalid: stream: Unsupported value: "Both": supported values: "All", "Stderr", "Stdout"',
    ],
  ])("%s is invalid", async (query, message) => {
    expect((await log(query)).body).toMatchObject({ code: 422, reason: "Invalid", message });
  });

  test("what cannot be read is a bad request", async () => {
    expect((await log("tailLines=x")).body).toMatchObject({
      code: 400,
      message: 'strconv.ParseInt: parsing "x": invalid syntax',
    });
    expect((await log("sinceTime=yesterday")).body).toMatchObject({ code: 400 });
    expect((await log("container=nope")).body).toMatchObject({
      code: 400,
      message: "container nope is not valid for pod web",
    });
    expect((await log("sinceTime=2026-01-01T00:00:00Z&sinceSeconds=5")).body).toMatchObject({ code: 422 });
  });

  test("options reach the agent, and the answer is plain text", async () => {
    const answer = await log("follow&sinceTime=2026-01-01T00:00:00Z&stream=Stderr&timestamps=0&container=app");
    expect([answer.code, answer.text, answer.headers["content-type"]]).toEqual([200, "one\ntwo\n", "text/plain"]);
    const options = {
      ...{ follow: true, previous: false, timestamps: false, sinceTime: "2026-01-01T00:00:00Z", stream: "Stderr" },
      container: "app",
    };
    expect(server.agent.asked.at(-1)).toBe(`logs ${JSON.stringify(options)}`);
  });

  test("a large log arrives whole", async () => {
    const block = Buffer.alloc(1 << 16, "x");
    server.agent.log = () => Readable.from(Array.from({ length: 500 }, () => block));
    const answer = await log("container=app");
    expect(answer.text.length).toBe(500 << 16);
    server.agent.log = () => Readable.from(["one\n", "two\n"]);
  });

  test("an exec without upgrade is refused", async () => {
    expect((await server.get("/api/v1/namespaces/default/pods/web/exec?stdout=1")).code).toBe(400);
  });
});

test("terminal sizes: the newest counts, nonsense does not", async () => {
  const sizes = new TerminalSizes();
  sizes.put('{"Width":80,"Height":24}');
  sizes.put("nonsense");
  sizes.put('{"Width":0,"Height":24}');
  sizes.put('{"height":30,"width":100}');
  sizes.end();
  const seen: unknown[] = [];
  for await (const size of sizes) seen.push(size);
  expect(seen).toEqual([{ width: 100, height: 30 }]);
});
