/** Both ends of agent.proto in one process, over TLS and a wire that can be cut: a cluster in memory behind it. */
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer as createTcpServer, connect as dial, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { vi } from "vitest";
import { agentServerName } from "../../../proto/wire/server-name.ts";
import { connectServer } from "../../../src/agent/link/connection.ts";
import type { ConnectOptions, ServerConnection } from "../../../src/agent/link/types.ts";
import { createInformerFactory } from "../../../src/api/client/factory.ts";
import type { InformerFactory } from "../../../src/api/client/types.ts";
import { createAgentRegistry } from "../../../src/link/agent-registry.ts";
import { type AgentAcceptor, createAgentAcceptor } from "../../../src/link/grpc/acceptor.ts";
import { createNodeLinks } from "../../../src/link/node-links.ts";
import type { AgentRegistry, NodeLinks } from "../../../src/link/types.ts";
import { type Clock, systemClock } from "../../../src/machinery/clock.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { klVersion } from "../../../src/machinery/version.ts";
import {
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
} from "../../../src/server/pki/certificate-authority.ts";
import { FakeCluster } from "../../api/client/fake-client.ts";
import { RecordingSink } from "../recording-sink.ts";

export interface Certificates {
  readonly ca: KeyPair;
  readonly server: KeyPair;
  client(name: string, groups?: readonly string[]): Promise<KeyPair>;
}

let certificates: Promise<Certificates> | undefined;

/** Made once for all tests of a file. */
export function testCertificates(): Promise<Certificates> {
  certificates ??= (async () => {
    const now = Date.now();
    const ca = await createCertificateAuthority("test", 1, now);
    const server = await issueCertificate(
      ca,
      { commonName: "server", usage: "server", names: [agentServerName, "127.0.0.1"], days: 1 },
      now,
    );
    const client = (commonName: string, organizations: readonly string[] = ["system:nodes"]) =>
      issueCertificate(ca, { commonName, organizations, usage: "client", days: 1 }, now);
    return { ca, server, client };
  })();
  return certificates;
}

export class TestServer {
  readonly cluster: FakeCluster;
  readonly registry: AgentRegistry = createAgentRegistry();
  readonly links: NodeLinks;
  readonly informers: InformerFactory;
  readonly #certificates: Certificates;
  readonly #clock: Clock;
  readonly #version: string;
  #acceptor: AgentAcceptor | undefined;
  #tls: Server | undefined;
  #sockets = new Set<TLSSocket>();
  port = 0;

  constructor(certificates: Certificates, options: { clock?: Clock; version?: string } = {}) {
    this.#certificates = certificates;
    this.#clock = options.clock ?? systemClock;
    this.#version = options.version ?? klVersion;
    this.cluster = new FakeCluster(systemClock);
    this.informers = createInformerFactory({ client: this.cluster, clock: systemClock, log: silentLogger });
    this.links = createNodeLinks({
      client: this.cluster,
      informers: this.informers,
      clock: systemClock,
      log: silentLogger,
    });
    this.informers.start();
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Again on the same port after stop(). */
  async start(): Promise<this> {
    const acceptor = createAgentAcceptor({
      links: this.links,
      agents: this.registry,
      version: this.#version,
      clock: this.#clock,
      log: silentLogger,
    });
    const { ca, server } = this.#certificates;
    const tls = createServer(
      { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["h2"] },
      (socket) => {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        acceptor.accept(socket);
      },
    );
    await new Promise<void>((resolve) => tls.listen(this.port, "127.0.0.1", resolve));
    this.port = (tls.address() as AddressInfo).port;
    await this.informers.synced();
    this.#acceptor = acceptor;
    this.#tls = tls;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#tls ? this.#tls.close(() => resolve()) : resolve()));
    await this.#acceptor?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await closed;
  }

  /** Resolves when the informers know of the pod. */
  async sees(name: string, nodeName = "n1"): Promise<void> {
    const sink = new RecordingSink();
    const end = this.links.connect(nodeName).subscribe(sink, ["pods"]);
    await until(() => sink.known.has(`pods default/${name}`));
    end();
  }

  async end(): Promise<void> {
    await this.stop();
    await this.informers.stop();
  }
}

/** A wire between agent and server. */
export class Wire {
  readonly #server: Server;
  readonly #pairs = new Set<[Socket, Socket]>();
  readonly #sockets = new Set<Socket>();
  /** Bytes that came from the server. */
  downloaded = 0;
  /** Bytes that came from the agent. */
  uploaded = 0;
  silent = false;

  constructor(target: () => number) {
    this.#server = createTcpServer((near) => {
      this.#sockets.add(near);
      if (this.silent) return void near.on("error", () => undefined);
      const far = dial(target(), "127.0.0.1");
      this.#sockets.add(far);
      const pair: [Socket, Socket] = [near, far];
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [far, near] as const]) {
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#pairs.delete(pair);
          if (!this.silent) to.destroy();
        });
      }
      near.on("data", (chunk) => {
        this.uploaded += chunk.length;
      });
      near.pipe(far);
      far.on("data", (chunk) => {
        this.downloaded += chunk.length;
      });
      far.pipe(near);
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing goes through any more, and nobody is told. */
  cut(): void {
    this.silent = true;
    for (const [near, far] of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.pause();
      far.pause();
    }
  }

  /** The agent reads no more from the server, for a while. */
  pause(): void {
    for (const [near, far] of this.#pairs) {
      far.unpipe(near);
      far.pause();
    }
  }

  resume(): void {
    for (const [near, far] of this.#pairs) far.pipe(near);
  }

  /** What was cut stays dead; new connections go through. */
  mend(): void {
    this.silent = false;
  }

  /** Connections end as they do when a process dies. */
  break(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

export async function connectAgent(
  certificates: Certificates,
  options: Partial<ConnectOptions> & { readonly url: string },
): Promise<ServerConnection> {
  const nodeName = options.nodeName ?? "n1";
  const certificate = await certificates.client(`system:node:${nodeName}`);
  return connectServer({
    ca: certificates.ca.cert,
    certificate: () => certificate,
    nodeName,
    version: klVersion,
    clock: systemClock,
    log: silentLogger,
    ...options,
  });
}

export async function until(check: () => unknown, timeout = 10_000): Promise<void> {
  await vi.waitFor(
    () => {
      if (check() === false) throw new Error("not yet");
    },
    { timeout, interval: 5 },
  );
}

export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "kl-link-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
