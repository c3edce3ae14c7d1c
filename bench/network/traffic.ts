/**
 * Lives in the network of a pod or a host: serves, and makes what is measured, on request: lines of JSON in, a line of JSON out
 * for each. Times are the machine's own count of milliseconds, which all processes share.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Agent, createServer as createHttpServer, type RequestListener, request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type Command, ports } from "./commands.ts";

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
let isReady = true;
let told: (() => void) | undefined;

function onRequests(port: number, handler: RequestListener): Promise<void> {
  return new Promise((resolve) => createHttpServer(handler).listen(port, "0.0.0.0", 1024, () => resolve()));
}

/** What comes goes back. */
function onRoundTrips(port: number): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => socket.write(chunk));
  });
  return new Promise((resolve) => server.listen(port, "0.0.0.0", () => resolve()));
}

function onBytes(port: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let bytes = 0;
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      bytes += chunk.length;
    });
    socket.on("end", () => socket.end(String(bytes)));
  });
  return new Promise((resolve) => server.listen(port, "0.0.0.0", () => resolve()));
}

const readiness: RequestListener = (_, response) => {
  told?.();
  told = undefined;
  response.writeHead(isReady ? 200 : 503).end();
};

function opened(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

function asked(agent: Agent, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request({ agent, host, port }, (response) => response.resume().on("end", resolve));
    call.on("error", reject);
    call.end();
  });
}

async function requests({ address, port, keepAlive, clients, ms }: Command & { kind: "requests" }): Promise<number> {
  const agent = new Agent({ keepAlive, maxSockets: clients });
  const end = now() + ms;
  const count = await sumOf(clients, async () => {
    let answers = 0;
    for (; now() < end; answers++) await asked(agent, address, port);
    return answers;
  });
  agent.destroy();
  return count;
}

async function roundTripsUntil(end: number, address: string, port: number): Promise<number> {
  const socket = await opened(address, port);
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject).on("close", () => resolve());
    socket.on("data", () => {
      count++;
      if (now() < end) socket.write("?");
      else socket.destroy();
    });
    socket.write("?");
  });
  return count;
}

async function bytesUntil(end: number, address: string, port: number): Promise<number> {
  const chunk = Buffer.alloc(128 * 1024);
  const socket = await opened(address, port);
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  while (now() < end) {
    if (!socket.write(chunk)) await new Promise<void>((resolve) => socket.once("drain", () => resolve()));
  }
  socket.end();
  await once(socket, "close");
  return Number(text);
}

async function nameUntil({ server, name, address, present }: Command & { kind: "name" }): Promise<number> {
  const head = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const query = Buffer.concat([head, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
  const wanted = Buffer.from(address.split(".").map(Number));
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(53, server, resolve));
  try {
    for (;;) {
      const answered = new Promise<Buffer | undefined>((resolve) => {
        socket.once("message", resolve);
        setTimeout(() => resolve(undefined), 1000).unref();
      });
      socket.send(query);
      const reply = await answered;
      if (reply && reply.includes(wanted) === present) return now();
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  } finally {
    socket.close();
  }
}

async function sumOf(count: number, work: () => Promise<number>): Promise<number> {
  const all = await Promise.all(Array.from({ length: count }, work));
  return all.reduce((sum, one) => sum + one, 0);
}

function perform(command: Command): Promise<number> {
  if (command.kind === "ready") {
    isReady = command.ready;
    return new Promise((resolve) => {
      told = () => resolve(now());
    });
  }
  if (command.kind === "name") return nameUntil(command);
  const { address, port, ms } = command;
  const end = now() + ms;
  if (command.kind === "bytes") return sumOf(command.streams, () => bytesUntil(end, address, port));
  if (command.kind === "round-trips") return sumOf(command.clients, () => roundTripsUntil(end, address, port));
  return requests(command);
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

await Promise.all([
  onRequests(ports.requests, (_, response) => response.end("ok")),
  onRoundTrips(ports.roundTrips),
  onBytes(ports.bytes),
  onRequests(ports.ready, readiness),
]);
say({ id: 0, result: 0 });
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, ...command } = JSON.parse(line) as Command & { id: number };
  perform(command as Command).then(
    (result) => say({ id, result }),
    (error: unknown) => say({ id, error: String(error) }),
  );
});
process.stdin.on("end", () => process.exit(0));
