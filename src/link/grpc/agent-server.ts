/**
 * The server's end of agent.proto. Connections come from the API's port with their TLS done; gRPC is loaded with this
 * file, which is when the first agent comes.
 */
import type { TLSSocket } from "node:tls";
import grpc from "@grpc/grpc-js";
import type { ServerLink } from "../../../proto/agent.ts";
import { errorBytes } from "../../../proto/wire/error-form.ts";
import type * as messages from "../../../proto/wire/messages.ts";
import { agentService, errorTrailer, flowControlWindow, maxMessageBytes } from "../../../proto/wire/service.ts";
import { refusedVersion } from "../version-skew.ts";
import type { AgentAcceptor, AgentServerOptions } from "./acceptor.ts";
import { unaryCalls } from "./calls.ts";
import { AgentConnection } from "./connection.ts";
import { type FollowCall, serveFollower } from "./follow.ts";
import { nodeOf } from "./identity.ts";
import { ObjectBytesCache } from "./object-bytes.ts";
import type { ServeCall } from "./pod-stream.ts";
import { Turns } from "./turns.ts";

const { status } = grpc;
const drainGrace = 500;

type Peer = AgentConnection | { readonly code: "UNAUTHENTICATED" | "PERMISSION_DENIED"; readonly reason: string };

export function createAgentServer(options: AgentServerOptions): AgentAcceptor {
  const { agents, clock, links, log, version } = options;
  const bytes = new ObjectBytesCache(clock);
  const turns = new Turns();
  const peers = new Map<string, Peer>();
  const connected = new Map<string, AgentConnection>();
  const server = new grpc.Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": -1,
    "grpc-node.flow_control_window": flowControlWindow,
    "grpc.max_concurrent_streams": 10_000,
    "grpc.enable_channelz": 0,
  });

  /** Throws what the call is answered with where this is no node, or it has not greeted. */
  const connectionOf = (call: { getPeer(): string }, greeted = true): AgentConnection => {
    const peer = peers.get(call.getPeer());
    if (!peer) throw refusal("UNAUTHENTICATED", "the connection is not known");
    if ("reason" in peer) throw refusal(peer.code, peer.reason);
    if (greeted && !peer.greeted) throw refusal("FAILED_PRECONDITION", "the agent has not said its version");
    return peer;
  };

  const welcome = (connection: AgentConnection): void => {
    const { agent, nodeName } = connection;
    connected.get(nodeName)?.close("another agent of this node has connected");
    connected.set(nodeName, connection);
    const disconnect = agents.connect(agent);
    log.info({ node: nodeName }, "agent connected");
    connection.onClose(() => {
      disconnect();
      if (connected.get(nodeName) === connection) connected.delete(nodeName);
      log.info({ node: nodeName }, "agent disconnected");
    });
  };

  const connect = (call: grpc.ServerDuplexStream<messages.FromAgent, Partial<messages.FromServer>>): void => {
    let connection: AgentConnection;
    try {
      connection = connectionOf(call, false);
    } catch (error) {
      return void call.emit("error", error);
    }
    connection.attach({
      write: (message) => call.write(message),
      end: (code, reason) => void call.emit("error", refusal(code, reason)),
    });
    call.on("data", ({ hello, ping }: messages.FromAgent) => {
      connection.heard();
      if (ping) call.write({ pong: true });
      if (!hello || connection.greeted) return;
      const refused = refusedVersion(version, hello.version);
      if (refused) {
        log.warn({ node: connection.nodeName, version: hello.version }, `an agent was refused: ${refused}`);
        connection.close(refused, "FAILED_PRECONDITION");
        return;
      }
      connection.greet();
      welcome(connection);
      call.write({ welcome: { version } });
    });
    const gone = (): void => connection.close();
    call.on("end", gone);
    call.on("cancelled", gone);
  };

  const follow = (call: grpc.ServerDuplexStream<messages.FromFollower, Partial<messages.DesiredBatch>>): void => {
    try {
      serveFollower(call as unknown as FollowCall, connectionOf(call).link, bytes, turns);
    } catch (error) {
      call.emit("error", error);
    }
  };

  const serve = (call: grpc.ServerDuplexStream<messages.FromPod, Partial<messages.ToPod>>): void => {
    let connection: AgentConnection;
    try {
      connection = connectionOf(call);
    } catch (error) {
      return void call.emit("error", error);
    }
    call.once("data", ({ id }: messages.FromPod) => {
      // Whoever waits for it lets it flow.
      call.pause();
      if (!connection.opened(id, call as unknown as ServeCall))
        call.emit("error", refusal("NOT_FOUND", "nobody waits for this stream"));
    });
  };

  const unary =
    <Req, Res>(run: (link: ServerLink, request: Req) => Promise<Res>): grpc.handleUnaryCall<Req, Res> =>
    (call, answer) => {
      const work = async (): Promise<Res> => {
        const connection = connectionOf(call);
        return await run(connection.link, call.request);
      };
      work().then(
        (result) => answer(null, result),
        (error: unknown) => answer(asServiceError(error)),
      );
    };

  const { connect: _, follow: __, serve: ___, ...unaryMethods } = agentService;
  server.addService(
    agentService as unknown as grpc.ServiceDefinition,
    {
      connect,
      follow,
      serve,
      ...Object.fromEntries(
        Object.keys(unaryMethods).map((name) => [name, unary(unaryCalls[name as keyof typeof unaryCalls] as never)]),
      ),
    } as grpc.UntypedServiceImplementation,
  );
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());

  return {
    accept(socket: TLSSocket) {
      if (socket.destroyed) return;
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      const identity = nodeOf(socket);
      const known: Peer =
        "node" in identity
          ? new AgentConnection({ nodeName: identity.node, link: links.connect(identity.node), socket, clock })
          : identity;
      if ("reason" in known) log.warn({ peer, reason: known.reason }, "an agent's connection was refused");
      peers.set(peer, known);
      socket.once("close", () => {
        if (peers.get(peer) === known) peers.delete(peer);
        if (known instanceof AgentConnection) known.close();
      });
      injector.injectConnection(socket);
    },
    async close() {
      for (const peer of peers.values()) if (peer instanceof AgentConnection) peer.close("the server is shutting down");
      bytes.close();
      injector.drain(drainGrace);
      server.forceShutdown();
    },
  };
}

class Refusal extends Error implements Partial<grpc.StatusObject> {
  readonly code: grpc.status;
  readonly details: string;
  constructor(code: grpc.status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

function refusal(code: keyof typeof status, reason: string): Refusal {
  return new Refusal(status[code], reason);
}

function asServiceError(error: unknown): Partial<grpc.ServiceError> {
  if (error instanceof Refusal) return { code: error.code, details: error.details };
  const metadata = new grpc.Metadata();
  metadata.set(errorTrailer, errorBytes(error));
  return { code: status.UNKNOWN, details: (error as Error).message.slice(0, 1024), metadata };
}
