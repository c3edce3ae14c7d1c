/**
 * Where connections of agents on other hosts are handed over. Costs nothing until the first one comes: gRPC is loaded
 * then.
 */
import type { TLSSocket } from "node:tls";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { AgentRegistry, NodeLinks } from "../types.ts";

export interface AgentServerOptions {
  readonly links: NodeLinks;
  readonly agents: AgentRegistry;
  /** "v1.36.0+kl0.1.0" */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface AgentAcceptor {
  /**
   * Takes over a connection whose TLS handshake is done, with a client certificate asked for but not insisted upon: who
   * brings none of a node is answered UNAUTHENTICATED or PERMISSION_DENIED.
   */
  accept(socket: TLSSocket): void;
  /** Ends all connections; what is asked of agents rejects. */
  close(): Promise<void>;
}

export function createAgentAcceptor(options: AgentServerOptions): AgentAcceptor {
  let loading: Promise<AgentAcceptor> | undefined;
  let closed = false;
  const load = async (): Promise<AgentAcceptor> => {
    const { createAgentServer } = await import("./agent-server.ts");
    return createAgentServer(options);
  };
  return {
    accept(socket) {
      if (closed) return void socket.destroy();
      loading ??= load();
      loading.then(
        (server) => (closed ? socket.destroy() : server.accept(socket)),
        (error: unknown) => {
          options.log.error({ err: error }, "agents of other hosts cannot be served");
          socket.destroy();
        },
      );
    },
    async close() {
      closed = true;
      await (await loading)?.close();
    },
  };
}
