import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { Server as GrpcServer, status as grpcStatus, ServerCredentials } from "@grpc/grpc-js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createProbeManager } from "../../../src/agent/probes/manager.ts";
import type { ProbeKind, ProbeTarget } from "../../../src/agent/probes/types.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import type { Container, Probe } from "../../../src/machinery/types/core/v1.ts";
import { FakeClock } from "../../fake-clock.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

type ExecAnswer = { exitCode?: number; output: string };

/** A probed container: what its probes told, in order, and what exec probes answer next. */
function probed(
  probes: Partial<Container>,
  { clock = new FakeClock() as FakeClock | typeof systemClock, status = {} } = {},
) {
  const told: string[] = [];
  const answers: (ExecAnswer | Error)[] = [];
  const commands: string[][] = [];
  const manager = createProbeManager({
    clock,
    runtime: {
      execProbe: async (_, command) => {
        commands.push([...command]);
        const answer = answers.shift() ?? { exitCode: 0, output: "" };
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    sink: {
      result: (_, kind, success, output) =>
        told.push(`${kind} ${success ? "up" : "down"}${output ? ` (${output})` : ""}`),
      failed: (_, __, message) => told.push(message),
    },
  });
  cleanups.push(() => manager.close());
  const target: ProbeTarget = {
    pod: { metadata: { name: "web", namespace: "default" }, status },
    container: { name: "app", image: "x", ...probes },
    containerId: "c1",
    podIp: "127.0.0.1",
    startedAt: new Date(clock.now()).toISOString(),
  };
  return { told, answers, commands, manager, target };
}

const exec: Probe = { exec: { command: ["check", "it"] }, periodSeconds: 10, failureThreshold: 3, successThreshold: 1 };
const bad = (output: string): ExecAnswer => ({ exitCode: 1, output });

describe("when probes run and what they add up to", () => {
  test("readiness counts failures and successes, and tells changes only", async () => {
    const clock = new FakeClock();
    const p = probed({ readinessProbe: { ...exec, initialDelaySeconds: 5, successThreshold: 2 } }, { clock });
    p.answers.push({ exitCode: 0, output: "" }, { exitCode: 0, output: "ok" }, bad("a"), bad("b"), bad("c"), bad("d"));
    p.manager.start(p.target);
    p.manager.start(p.target);
    await clock.run(4_999);
    expect(p.commands).toEqual([]);
    await clock.run(1);
    expect(p.commands).toEqual([["check", "it"]]);
    expect(p.told).toEqual([]);
    await clock.run(50_000);
    expect(p.told).toEqual([
      "readiness up (ok)",
      "Readiness probe failed: a",
      "Readiness probe failed: b",
      "Readiness probe failed: c",
      "readiness down (c)",
      "Readiness probe failed: d",
    ]);
  });

  test("a clock that is set neither holds them up nor makes them more", async () => {
    const clock = new FakeClock();
    const p = probed({ readinessProbe: exec }, { clock });
    clock.jump(-3_600_000);
    p.manager.start(p.target);
    await clock.run(20_000);
    expect(p.commands).toHaveLength(3);
    for (const hours of [2, -3]) {
      clock.jump(hours * 3_600_000);
      await clock.run(10_000);
    }
    expect(p.commands).toHaveLength(5);
  });

  test("a liveness probe that gives up is not made again for that container", async () => {
    const clock = new FakeClock();
    const p = probed({ livenessProbe: { ...exec, failureThreshold: 2 } }, { clock });
    p.answers.push(bad("x"), { exitCode: 0, output: "" }, bad("y"), bad("z"));
    p.manager.start(p.target);
    await clock.run(120_000);
    expect(p.told).toEqual([
      "Liveness probe failed: x",
      "Liveness probe failed: y",
      "Liveness probe failed: z",
      "liveness down (z)",
    ]);
    expect(p.commands).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });

  test("readiness and liveness wait for startup, and then run at once", async () => {
    const clock = new FakeClock();
    const other = { ...exec, exec: { command: ["ready"] } };
    const p = probed({ startupProbe: { ...exec, periodSeconds: 1 }, readinessProbe: other }, { clock });
    p.answers.push(bad("no"), bad("not yet"));
    p.manager.start(p.target);
    await clock.run(1_999);
    expect(p.commands.map(([name]) => name)).toEqual(["check", "check"]);
    await clock.run(1);
    expect(p.told).toEqual(["Startup probe failed: no", "Startup probe failed: not yet", "startup up", "readiness up"]);
    await clock.run(30_000);
    expect(p.commands.filter(([name]) => name === "check")).toHaveLength(3);
  });

  test("a startup probe that fails often enough ends the matter", async () => {
    const clock = new FakeClock();
    const p = probed({ startupProbe: { ...exec, failureThreshold: 2 }, livenessProbe: exec }, { clock });
    p.answers.push(bad("a"), bad("b"));
    p.manager.start(p.target);
    await clock.run(100_000);
    expect(p.told.at(-1)).toBe("startup down (b)");
    expect(p.commands).toHaveLength(2);
  });

  test("an adopted container whose status says started skips its startup probe", async () => {
    const clock = new FakeClock();
    const status = { containerStatuses: [{ name: "app", started: true, containerID: "docker://c1" }] };
    const p = probed({ startupProbe: exec, readinessProbe: { ...exec, exec: { command: ["r"] } } }, { clock, status });
    p.manager.start(p.target);
    await clock.run(0);
    expect(p.commands).toEqual([["r"]]);
  });

  test("no probes, no timers; stopped probes say nothing more", async () => {
    const clock = new FakeClock();
    const none = probed({}, { clock });
    none.manager.start(none.target);
    expect(clock.pending).toBe(0);
    const p = probed({ livenessProbe: exec, readinessProbe: exec }, { clock });
    p.manager.start(p.target);
    expect(clock.pending).toBe(2);
    p.manager.stop("c1");
    expect(clock.pending).toBe(0);
    await clock.run(60_000);
    expect(p.told).toEqual([]);
  });

  test("an exec that times out fails; one that cannot be made decides nothing", async () => {
    const clock = new FakeClock();
    const p = probed({ livenessProbe: { ...exec, failureThreshold: 1, timeoutSeconds: 3 } }, { clock });
    p.answers.push(new Error("no engine"), new Error("no engine"), new Error("no engine"), { output: "half" });
    p.manager.start(p.target);
    await clock.run(10_000);
    const timedOut = 'command timed out: "check it" timed out after 3s';
    expect(p.told).toEqual([
      "Liveness probe errored and resulted in unknown state: no engine",
      `Liveness probe failed: ${timedOut}`,
      `liveness down (${timedOut})`,
    ]);
  });
});

async function portOf(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What one attempt of a readiness probe tells. */
async function verdict(
  probe: Probe,
  container: Partial<Container> = {},
  kind: ProbeKind = "readiness",
): Promise<string> {
  const p = probed({ ...container, [`${kind}Probe`]: { ...probe, periodSeconds: 600 } }, { clock: systemClock });
  p.manager.start(p.target);
  return await vi.waitFor(() => {
    const [first] = p.told;
    if (first === undefined) throw new Error("nothing told yet");
    return first;
  });
}

const serve = (listener: RequestListener) => portOf(createServer(listener));

describe("HTTP", () => {
  test("headers, host, path and user agent are sent; 200 to 399 is success", async () => {
    let seen = "";
    const port = await serve((request, response) => {
      const { host, "user-agent": agent, accept, "x-a": a } = request.headers;
      seen = `${request.method} ${request.url} ${host} ${agent} ${accept} ${a}`;
      response.writeHead(204).end();
    });
    const httpHeaders = [
      { name: "Host", value: "example.org" },
      { name: "X-A", value: "1" },
      { name: "x-a", value: "2" },
    ];
    const ports = [{ name: "web", containerPort: port }];
    expect(await verdict({ httpGet: { path: "/ok?x=1", port: "web", httpHeaders } }, { ports })).toBe("readiness up");
    expect(seen).toBe("GET /ok?x=1 example.org kube-probe/1.36 */* 1, 2");
  });

  test.each([[500], [404], [400], [199 + 401]])("status %d is a failure", async (status) => {
    const port = await serve((_, response) => response.writeHead(status).end("why"));
    const expected = `Readiness probe failed: HTTP probe failed with statuscode: ${status}`;
    expect(await verdict({ httpGet: { port } })).toBe(expected);
  });

  test("a redirect on the same host is followed, one to another host is success", async () => {
    const port = await serve((request, response) => {
      if (request.url === "/there") response.writeHead(503).end();
      else if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
      else if (request.url === "/away") response.writeHead(302, { location: "http://example.org/" }).end("moved");
      else response.writeHead(302, { location: "/there" }).end();
    });
    const failed = "Readiness probe failed: ";
    expect(await verdict({ httpGet: { port, path: "/" } })).toBe(`${failed}HTTP probe failed with statuscode: 503`);
    expect(await verdict({ httpGet: { port, path: "/away" } })).toContain("readiness up (Probe terminated redirects");
    expect(await verdict({ httpGet: { port, path: "/loop" } })).toBe(
      `${failed}Get "http://127.0.0.1:${port}/loop": stopped after 10 redirects`,
    );
  });

  test("nobody there, and nobody answering", async () => {
    const closed = await freePort();
    expect(await verdict({ httpGet: { port: closed, path: "/h" } })).toBe(
      `Readiness probe failed: Get "http://127.0.0.1:${closed}/h": dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    );
    const port = await portOf(createTcpServer((socket) => void cleanups.push(() => socket.destroy())));
    expect(await verdict({ httpGet: { port, path: "/" }, timeoutSeconds: 0.05 })).toBe(
      `Readiness probe failed: Get "http://127.0.0.1:${port}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    );
    expect(await verdict({ httpGet: { port, path: "/", scheme: "HTTPS" }, timeoutSeconds: 0.05 })).toContain(
      "https://",
    );
  });

  test("an unknown port name decides nothing", async () => {
    expect(await verdict({ httpGet: { port: "http" } })).toBe(
      'Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing "http": invalid syntax',
    );
  });
});

test("TCP: open is success, closed is a failure", async () => {
  const port = await portOf(createTcpServer((socket) => socket.end()));
  expect(await verdict({ tcpSocket: { port } })).toBe("readiness up");
  const closed = await freePort();
  expect(await verdict({ tcpSocket: { port: closed } })).toBe(
    `Readiness probe failed: dial tcp 127.0.0.1:${closed}: connect: connection refused`,
  );
});

describe("gRPC", () => {
  async function grpcServer(status: number | undefined): Promise<number> {
    const server = new GrpcServer();
    const asked: string[] = [];
    if (status !== undefined) {
      const identity = (bytes: Buffer): Buffer => bytes;
      const definition = {
        path: "/grpc.health.v1.Health/Check",
        requestStream: false,
        responseStream: false,
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      } as const;
      server.addService(
        { check: definition },
        {
          check: (call: { request: Buffer }, answer: (error: object | null, value?: Buffer) => void) => {
            asked.push(call.request.subarray(2).toString());
            if (status < 0) answer({ code: grpcStatus.NOT_FOUND, details: `unknown service ${asked.at(-1)}` });
            else answer(null, Buffer.from(status === 0 ? [] : [0x08, status]));
          },
        },
      );
    }
    cleanups.push(() => server.forceShutdown());
    return await new Promise((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }

  test("only SERVING is success", async () => {
    expect(await verdict({ grpc: { port: await grpcServer(1) } })).toBe("readiness up (service healthy)");
    expect(await verdict({ grpc: { port: await grpcServer(2) } })).toBe(
      'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
    );
  });

  test("errors read as the kubelet's", async () => {
    expect(await verdict({ grpc: { port: await grpcServer(undefined) } })).toContain(
      "Readiness probe failed: error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ",
    );
    expect(await verdict({ grpc: { port: await grpcServer(-1), service: "s" } })).toBe(
      "Readiness probe failed: error: health rpc probe failed: rpc error: code = NotFound desc = unknown service s",
    );
    const closed = await freePort();
    expect(await verdict({ grpc: { port: closed }, timeoutSeconds: 0.1 })).toContain(
      `Readiness probe failed: timeout: failed to connect service "127.0.0.1:${closed}" within `,
    );
  });
});
