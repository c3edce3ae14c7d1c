import { createServer } from "node:net";
import type { Finding } from "./types.ts";

/** Tries the address; the listener is gone again when this resolves. */
export function checkPort(host: string, port: number): Promise<Finding[]> {
  if (port === 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      resolve([{ level: "error", message: explain(error.code, host, port) }]);
    });
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve([])));
  });
}

function explain(code: string | undefined, host: string, port: number): string {
  if (code === "EADDRINUSE") return `port ${port} is taken: stop what listens there, or choose another with --port`;
  if (code === "EACCES") return `port ${port} needs root: choose one above 1023 with --port`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return `${host} is not an address of this machine: choose another with --bind-address`;
  }
  return `cannot listen on ${host}:${port} (${code}): choose others with --bind-address and --port`;
}
