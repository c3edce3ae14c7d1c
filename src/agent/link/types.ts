/** The agent's end of the connection to a server on another host: what is behind `connectServer` (gRPC, dialled by the agent). */
import type { AgentLink, ServerLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";

/** PEM texts. */
export interface NodeCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ConnectOptions {
  /** "https://10.0.0.1:6443", as the agent was told at join. */
  readonly url: string;
  /** PEM of the cluster's CA, the only one that the server's certificate may come from. */
  readonly ca: string;
  /** Asked at every dial: the certificate is renewed while the agent runs. Its subject is the node's identity. */
  readonly certificate: () => NodeCertificate;
  readonly nodeName: string;
  /** klVersion of machinery/version.ts; told to the server in the handshake. */
  readonly version: string;
  /**
   * A folder of this node's alone, made if need be: the last desired state is kept there, for an agent that is restarted
   * while the server is away. Absent: nothing is kept.
   */
  readonly stateDir?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export type ConnectionState =
  /** Not there yet, or there no more; it is tried again by itself. `error`: why the last try failed, in one line. */
  | { readonly phase: "connecting"; readonly error?: string }
  | { readonly phase: "connected"; readonly serverVersion: string }
  /** The server does not want this agent (its version, its certificate): trying again is of no use. One line with the cure. */
  | { readonly phase: "refused"; readonly reason: string }
  | { readonly phase: "closed" };

export interface ServerConnection {
  /**
   * Usable at once: calls wait a moment for the connection and then reject (LinkError "Unavailable"). Subscriptions go on over
   * breaks, without a reset: afterwards they are told what has changed meanwhile. Where the server cannot be reached when the
   * agent starts, they begin with what was kept in `stateDir`.
   */
  readonly link: ServerLink;
  /** Who answers the server's calls (logs, exec, …) from now on. */
  serve(agent: AgentLink): void;
  readonly state: ConnectionState;
  /** Called at every change of `state`. Returns a function that ends it. */
  onState(handler: (state: ConnectionState) => void): () => void;
  /** Ends the connection and dials anew with the certificate as it is now: after a renewal. */
  redial(): void;
  close(): Promise<void>;
}
