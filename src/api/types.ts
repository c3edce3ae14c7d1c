/** The public face of the API server: what the composition root gives it and what it gives back. */
import type { TLSSocket } from "node:tls";
import type { AgentLink } from "../../proto/agent.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { MetricRegistry } from "../machinery/metrics/registry.ts";
import type { Store } from "../store/types.ts";
import type { PodSecurityOptions } from "./admission/pod-security/plugin.ts";
import type { Auditor } from "./audit/auditor.ts";
import type { AuthenticationOptions } from "./authn/authentication.ts";
import type { Client, UserInfo } from "./client/types.ts";
import type { SecretsEncryption } from "./encryption/secrets-encryption.ts";
import type { Tracing } from "./tracing/types.ts";

export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** Reaches a node's agent for pods/log, exec, attach and portforward; undefined when that node is not connected. */
  readonly agentOf: (nodeName: string) => AgentLink | undefined;
  /** Why the scheduler or the controllers do not work; undefined while they do. For componentstatuses. */
  readonly components?: Readonly<Partial<Record<"scheduler" | "controller-manager", () => string | undefined>>>;
  /** Named reasons why /readyz is not yet 200, beside the API server's own (store, informers). */
  readonly readyChecks?: Readonly<Record<string, () => string | undefined>>;
  /** Service CIDR for ClusterIP allocation, "10.43.0.0/16". */
  readonly serviceCidr: string;
  /** Where pods on other machines reach this server: what stands behind the Service default/kubernetes. Absent: nothing does. */
  readonly advertiseAddress?: string;
  /** How long history is kept, in ms; older revisions are compacted away. */
  readonly historyWindow: number;
  /** PEM of the EC key (P-256) that signs service account tokens. Absent: tokens are good until this process ends. */
  readonly serviceAccountKey?: string;
  /** By the name that a client asks for in its TLS handshake (SNI): connections on the API's port that are not the API's. */
  readonly otherNames?: ReadonlyMap<string, (socket: TLSSocket) => void>;
  /** As kube-apiserver's --disable-admission-plugins. */
  readonly disableAdmissionPlugins?: readonly string[];
  /** Defaults and exemptions of PodSecurity. */
  readonly podSecurity?: PodSecurityOptions;
  /** What /metrics shows; others may add to it. Absent: the API server's own alone. */
  readonly metrics?: MetricRegistry;
  /** What /secrets-encrypt is about; `store` is what it made of the one on the disk. */
  readonly encryption?: SecretsEncryption;
  /** Absent: nothing is written down. Closed with the server. */
  readonly audit?: Auditor;
  /** Absent: requests are not traced. Closed with the server. */
  readonly tracing?: Tracing;
  /** Whether /debug/pprof is there, for who may get that path. */
  readonly profiling?: boolean;
  readonly authentication?: AuthenticationOptions;
  /** What is absent is as kube-apiserver has it by default. */
  readonly limits?: Partial<RequestLimits>;
}

export interface RequestLimits {
  /** These two together are the seats that priority levels share. */
  readonly maxRequestsInflight: number;
  readonly maxMutatingRequestsInflight: number;
  /** Of requests that do not run long, in ms. */
  readonly requestTimeout: number;
}

export interface ServingCertificate {
  /** PEM */
  readonly key: string;
  readonly cert: string;
  /** Client certificates signed by this CA are identities: CN is the user, each O a group. */
  readonly clientCa: string;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: ServingCertificate;
  /** A Unix socket for whoever may open it, as that user; absent: none. */
  readonly local?: { readonly path: string; readonly user: UserInfo };
}

export interface ApiServer {
  /** In-process clients through the same pipeline. */
  client(user: UserInfo): Client;
  /** Resolves with the port that was bound (`port` 0 picks a free one). */
  listen(options: ListenOptions): Promise<{ port: number }>;
  /** After a renewal: new connections get the new certificate. */
  setCertificate(certificate: ServingCertificate): void;
  /** Ends watches and streams cleanly, lets running writes finish, closes the sockets. The store is the caller's to close. */
  close(): Promise<void>;
}
