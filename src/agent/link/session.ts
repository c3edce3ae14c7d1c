/**
 * One connection to the server, from the dial to its end: the greeting, signs of life, and the server's requests. A
 * session never comes back; another one is made.
 */
import grpc from "@grpc/grpc-js";
import { LinkError } from "../../../proto/agent.ts";
import { errorFromBytes } from "../../../proto/wire/error-form.ts";
import type * as messages from "../../../proto/wire/messages.ts";
import { agentServerName } from "../../../proto/wire/server-name.ts";
import {
  agentService,
  errorTrailer,
  flowControlWindow,
  type MethodDefinition,
  maxMessageBytes,
} from "../../../proto/wire/service.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { ConnectOptions } from "./types.ts";

const pingEvery = 5000;
/** So many pings without any answer, and the connection is taken for dead. Counted, not measured: clocks jump. */
const maxMissed = 2;
const dialTimeout = 10_000;

export type SessionEnd =
  /** It may be tried again. */
  | { readonly kind: "lost"; readonly reason: string }
  /** The server has said no. */
  | { readonly kind: "refused"; readonly reason: string };

export interface SessionEvents {
  connected(serverVersion: string): void;
  /** The server asks for a stream. */
  open(request: messages.Open): void;
  /** Once, in the end. */
  ended(end: SessionEnd): void;
}

type Streaming<Req, Res> = MethodDefinition<Req, Res>;

export class Session {
  readonly #client: grpc.Client;
  readonly #control: grpc.ClientDuplexStream<Partial<messages.FromAgent>, messages.FromServer>;
  readonly #clock: Clock;
  readonly #events: SessionEvents;
  #cancelTimer: () => void;
  #missed = 0;
  #greeted = false;
  #ended = false;
  readonly #calls = new Set<{ cancel(): void }>();
  /** The server's streams under way, by their ids: what ends them. */
  readonly streams = new Map<string, () => void>();

  /** Throws where the certificate or the CA cannot be read. */
  constructor(options: ConnectOptions, events: SessionEvents) {
    const { ca, certificate, clock, url, version } = options;
    this.#clock = clock;
    this.#events = events;
    const { cert, key } = certificate();
    const credentials = grpc.credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert));
    const { hostname, port } = new URL(url);
    this.#client = new grpc.Client(`${hostname}:${port || 443}`, credentials, {
      "grpc.ssl_target_name_override": agentServerName,
      "grpc.default_authority": agentServerName,
      "grpc.max_receive_message_length": maxMessageBytes,
      "grpc.max_send_message_length": -1,
      "grpc-node.flow_control_window": flowControlWindow,
      // A dead connection that was given up is not kept until the kernel gives it up.
      "grpc.keepalive_time_ms": 20_000,
      "grpc.keepalive_timeout_ms": 10_000,
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_retries": 0,
      "grpc.enable_channelz": 0,
      "grpc.service_config_disable_resolution": 1,
    });
    this.#control = this.bidi(agentService.connect);
    this.#control.on("data", (message: messages.FromServer) => this.#heard(message));
    this.#control.on("error", (error: grpc.ServiceError) => this.#end(endOf(error)));
    this.#control.on("end", () => this.#end({ kind: "lost", reason: "the server has ended the connection" }));
    this.#control.write({ hello: { version } });
    this.#cancelTimer = clock.after(dialTimeout, () =>
      this.#end({ kind: "lost", reason: `the server at ${url} does not answer` }),
    );
  }

  /** An answer of whatever stream is a sign of life. */
  alive(): void {
    this.#missed = 0;
  }

  bidi<Req, Res>(method: Streaming<Req, Res>): grpc.ClientDuplexStream<Partial<Req>, Res> {
    const call = this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize as (value: Partial<Req>) => Buffer,
      method.responseDeserialize,
    );
    this.#calls.add(call);
    call.once("close", () => this.#calls.delete(call));
    return call;
  }

  /** Rejects as the server's link did (StatusError), or with LinkError "Unavailable" where the connection broke. */
  call<Req, Res>(method: MethodDefinition<Req, Res>, request: Partial<Req>): Promise<Res> {
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize as (value: Partial<Req>) => Buffer,
        method.responseDeserialize,
        request,
        (error, response) => {
          this.#calls.delete(call);
          if (error) return reject(errorOfCall(error));
          this.alive();
          resolve(response as Res);
        },
      );
      this.#calls.add(call);
    });
  }

  /** `reason`: what those hear who were waiting. */
  close(reason: string): void {
    this.#end({ kind: "lost", reason });
  }

  #heard(message: messages.FromServer): void {
    this.alive();
    if (message.welcome && !this.#greeted && !this.#ended) {
      this.#greeted = true;
      this.#ping();
      this.#events.connected(message.welcome.version);
    }
    if (message.open) this.#events.open(message.open);
    if (message.cancel) this.streams.get(message.cancel)?.();
  }

  #ping(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(pingEvery, () => {
      if (++this.#missed > maxMissed) {
        this.#end({ kind: "lost", reason: "the server has fallen silent" });
        return;
      }
      this.#control.write({ ping: true });
      this.#ping();
    });
  }

  #end(end: SessionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimer();
    for (const end of [...this.streams.values()]) end();
    for (const call of [...this.#calls]) call.cancel();
    this.#client.close();
    this.#events.ended(end);
  }
}

function endOf(error: grpc.ServiceError): SessionEnd {
  const { FAILED_PRECONDITION, PERMISSION_DENIED, UNAUTHENTICATED } = grpc.status;
  const refused = [FAILED_PRECONDITION, PERMISSION_DENIED, UNAUTHENTICATED].includes(error.code);
  return { kind: refused ? "refused" : "lost", reason: error.details || error.message };
}

export function errorOfCall(error: grpc.ServiceError): Error {
  const [form] = error.metadata?.get(errorTrailer) ?? [];
  const told = Buffer.isBuffer(form) ? errorFromBytes(form) : undefined;
  return told ?? new LinkError("Unavailable", `the server cannot be reached: ${error.details || error.message}`);
}
