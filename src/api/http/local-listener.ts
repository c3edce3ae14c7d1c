import { unlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "../../machinery/logger.ts";
import type { UserInfo } from "../client/types.ts";
import { closeGrace, http1Limits } from "./connection-limits.ts";
import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./http1-exchange.ts";

export interface LocalListenerOptions {
  /** Of the socket's file, which is made anew. */
  readonly path: string;
  /** Everybody who can open the file. */
  readonly user: UserInfo;
  readonly handle: (exchange: Exchange) => void;
  readonly log: Logger;
}

/**
 * HTTP/1.1 over a Unix socket that only its owner can open: who can do that reads the administrator's key as well, so there
 * is nothing to prove, and a command is spared TLS, which is half of its time. Requests only, no streams (exec, attach).
 */
export class LocalListener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor({ user, handle, log }: LocalListenerOptions) {
    this.#server = createServer(http1Limits, (request: IncomingMessage, response: ServerResponse) => {
      handle(new Http1Exchange(request, response, user));
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", (error) => log.debug({ err: error }, "local connection failed"));
    });
  }

  static async listen(options: LocalListenerOptions): Promise<LocalListener> {
    const listener = new LocalListener(options);
    removeFile(options.path);
    await new Promise<void>((resolve, reject) => {
      listener.#server.once("error", reject);
      // Set for the moment in which the file is made: after that it would be open to others for a moment.
      const others = process.umask(0o177);
      try {
        listener.#server.listen(options.path, () => {
          listener.#server.off("error", reject);
          resolve();
        });
      } finally {
        process.umask(others);
      }
    });
    return listener;
  }

  /** As Listener.close(). The file goes with it. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const force = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, closeGrace);
    await closed;
    clearTimeout(force);
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
