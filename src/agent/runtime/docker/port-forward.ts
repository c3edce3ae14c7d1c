/**
 * One TCP connection into a pod's network namespace, by the pod's address (loopback with the host's network). Where the
 * engine runs in a virtual machine the address cannot be reached from here, and the error says so.
 */
import { connect, type Socket } from "node:net";
import { RuntimeError, type SandboxState } from "../types.ts";

const CONNECT_TIMEOUT = 5000;

export async function connectToPod(sandbox: SandboxState, port: number): Promise<Socket> {
  const host = sandbox.ips[0] ?? "127.0.0.1";
  return await new Promise<Socket>((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })),
      CONNECT_TIMEOUT,
    );
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(new RuntimeError("other", explain(host, port, sandbox, error), { cause: error }));
    });
  });
}

function explain(host: string, port: number, sandbox: SandboxState, error: NodeJS.ErrnoException): string {
  const what = `failed to connect to ${host}:${port} inside namespace of pod ${sandbox.namespace}/${sandbox.name}`;
  if (error.code === "ECONNREFUSED") return `${what}: connection refused`;
  if (error.code === "ETIMEDOUT" || error.code === "EHOSTUNREACH" || error.code === "ENETUNREACH") {
    return `${what}: the pod network of this Docker engine is not reachable from this host (as with Docker Desktop)`;
  }
  return `${what}: ${error.message}`;
}
