/** A whole API server on a store in memory, reached over HTTPS as any client would. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../../src/api/client/types.ts";
import { createApiServer } from "../../src/api/server.ts";
import type { ApiServer, ApiServerOptions } from "../../src/api/types.ts";
import { systemClock } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import { openMemoryStore } from "../../src/store/sqlite/open.ts";
import type { Store } from "../../src/store/types.ts";
import { type TestCertificates, testCertificates } from "./certificates.ts";

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the client certificate; absent: the administrator. null: none. */
  readonly identity?: { readonly key: string; readonly cert: string } | null;
}

export interface Fixture {
  readonly api: ApiServer;
  readonly store: Store;
  readonly port: number;
  readonly certificates: TestCertificates;
  /** In-process, as system:masters. */
  readonly client: Client;
  readonly kubeconfig: string;
  /** `body`: bytes and strings go as they are, anything else as JSON. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  close(): Promise<void>;
}

let shared: Promise<TestCertificates> | undefined;

export async function startApi(options: Partial<ApiServerOptions> = {}): Promise<Fixture> {
  shared ??= testCertificates();
  const certificates = await shared;
  const store = options.store ?? (await openMemoryStore());
  const api = createApiServer({
    clock: systemClock,
    log: silentLogger,
    agentOf: () => undefined,
    serviceCidr: "10.43.0.0/16",
    historyWindow: 300_000,
    // No controllers run here that would make the accounts and take the protection away.
    disableAdmissionPlugins: ["ServiceAccount", "StorageObjectInUseProtection"],
    ...options,
    store,
  });
  const { port } = await api.listen({ host: "127.0.0.1", port: 0, certificate: certificates.serving });
  const agent = new Agent({ keepAlive: true });
  const home = await mkdtemp(join(tmpdir(), "kl-api-"));
  const kubeconfig = join(home, "config");
  await writeFile(kubeconfig, kubeconfigFor(port, certificates));

  function ask(method: string, path: string, { headers = {}, body, identity }: AskOptions = {}): Promise<Answer> {
    const who = identity === null ? {} : (identity ?? certificates.admin);
    const bytes =
      body === undefined || typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    const requestOptions: RequestOptions = {
      host: "127.0.0.1",
      port,
      method,
      path,
      agent,
      ca: certificates.authority.cert,
      ...who,
      headers: {
        ...(bytes === undefined
          ? {}
          : { "content-length": Buffer.byteLength(bytes), "content-type": "application/json" }),
        ...headers,
      },
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(requestOptions, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const isJson = response.headers["content-type"]?.startsWith("application/json") && text !== "";
          resolve({
            code: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: isJson ? parse(text) : undefined,
          });
        });
      });
      outgoing.on("error", reject);
      outgoing.end(bytes);
    });
  }

  return {
    api,
    store,
    port,
    certificates,
    kubeconfig,
    client: api.client({ name: "test", groups: ["system:masters"] }),
    ask,
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, { body }),
    async close() {
      agent.destroy();
      await api.close();
      await store.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function kubeconfigFor(port: number, { authority, admin }: TestCertificates): string {
  const data = (text: string): string => Buffer.from(text).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "kl",
        cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": data(authority.cert) },
      },
    ],
    users: [
      { name: "admin", user: { "client-certificate-data": data(admin.cert), "client-key-data": data(admin.key) } },
    ],
    contexts: [{ name: "kl", context: { cluster: "kl", user: "admin" } }],
    "current-context": "kl",
  });
}

/** A Pod small enough to read. */
export function pod(name: string, extra: Readonly<Record<string, unknown>> = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...(extra.metadata as object | undefined) },
    spec: { containers: [{ name: "main", image: "busybox" }], ...(extra.spec as object | undefined) },
  };
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}, metadata: object = {}): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata }, data };
}
