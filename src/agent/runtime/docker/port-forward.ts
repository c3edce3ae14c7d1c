/**
 * One TCP connection into a pod's network namespace. The pod's address is tried first, for it costs nothing; what listens
 * on loopback only, and pods that cannot be reached from here (an engine in a virtual machine), are connected to from
 * inside the sandbox by its own program `/connect`.
 */
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { RuntimeError, type SandboxState } from "../types.ts";
import type { Engine } from "./engine.ts";
import { frameDecoder } from "./framing.ts";

/** An address that does not answer at once is not worth waiting for: the other way takes a tenth of a second. */
const CONNECT_TIMEOUT = 1000;

export async function connectToPod(engine: Engine, sandbox: SandboxState, port: number): Promise<Duplex> {
  const [address] = sandbox.ips;
  if (address !== undefined) {
    const direct = await connectTo(address, port);
    if (direct) return direct;
  }
  return await connectInside(engine, sandbox, port);
}

/** Undefined where nobody answers. */
function connectTo(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const give = (result: Socket | undefined) => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      if (!result) socket.on("error", () => undefined).destroy();
      resolve(result);
    };
    const timer = setTimeout(give, CONNECT_TIMEOUT, undefined);
    socket.once("connect", () => give(socket));
    socket.once("error", () => give(undefined));
  });
}

async function connectInside(engine: Engine, sandbox: SandboxState, port: number): Promise<Duplex> {
  const stream: Duplex = await engine.call(async (docker) => {
    const exec = await docker.getContainer(sandbox.id).exec({
      Cmd: ["/connect", String(port)],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    return await exec.start({ hijack: true, stdin: true });
  });
  return await new Promise<Duplex>((resolve, reject) => {
    let connected = false;
    const connection = new Duplex({
      allowHalfOpen: true,
      read: () => {
        stream.resume();
      },
      write: (chunk: Buffer, _encoding, done) => {
        stream.write(chunk, (error) => done(error));
      },
      final: (done) => {
        stream.end(() => done());
      },
      destroy: (error, done) => {
        stream.destroy();
        done(error);
      },
    });
    const frame = (from: number, payload: Buffer) => {
      if (from === 2) {
        connected = true;
        resolve(connection);
      } else if (!connection.push(Buffer.from(payload))) stream.pause();
    };
    const end = () => {
      if (connected) connection.push(null);
      const where = `inside namespace of pod ${sandbox.namespace}/${sandbox.name}`;
      reject(new RuntimeError("other", `failed to connect to localhost:${port} ${where}: connection refused`));
    };
    stream.on("data", frameDecoder({ frame }));
    stream.once("end", end);
    stream.once("error", (error) => {
      connection.destroy(error);
      reject(error);
    });
  });
}
