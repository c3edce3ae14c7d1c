/**
 * Tells load balancers outside whether this node has endpoints of a Service with the external policy Local: an HTTP server on
 * the Service's healthCheckNodePort, which answers as kube-proxy's does.
 */
import type { Server } from "node:http";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Service } from "../../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import type { ServiceDirectory } from "./service-directory.ts";

export interface HealthCheckOptions {
  readonly directory: ServiceDirectory;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY = 5000;

interface Check {
  readonly port: number;
  server: Server | undefined;
  cancelRetry: () => void;
}

export class HealthChecks {
  readonly #options: HealthCheckOptions;
  readonly #checks = new Map<string, Check>();
  #stopped = false;

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    const { directory } = options;
    directory.listen({ changed: (key) => this.#look(key), synced: () => undefined });
    for (const [key] of directory.services()) this.#look(key);
  }

  stop(): void {
    this.#stopped = true;
    for (const key of [...this.#checks.keys()]) this.#end(key);
  }

  #look(key: string): void {
    if (this.#stopped) return;
    const service = this.#options.directory.service(key);
    const port = service && healthCheckPort(service);
    if (this.#checks.get(key)?.port === port) return;
    this.#end(key);
    if (port === undefined) return;
    const check: Check = { port, server: undefined, cancelRetry: () => undefined };
    this.#checks.set(key, check);
    void this.#begin(key, check);
  }

  async #begin(key: string, check: Check): Promise<void> {
    const { log, clock } = this.#options;
    const { createServer } = await import("node:http");
    if (this.#checks.get(key) !== check) return;
    const server = createServer((_request, response) => {
      const body = this.#answer(key);
      response.writeHead(body.localEndpoints > 0 ? 200 : 503, {
        "Content-Type": "application/json",
        "X-Content-Type-Options": "nosniff",
        "X-Load-Balancing-Endpoint-Weight": String(body.localEndpoints),
      });
      response.end(JSON.stringify(body));
    });
    check.server = server;
    server.on("error", (error) => {
      log.warn({ err: error, service: key, port: check.port }, "the health check of a Service cannot be answered");
      check.cancelRetry = clock.after(RETRY, () => {
        if (this.#checks.get(key) === check) void this.#begin(key, check);
      });
    });
    server.listen(check.port);
    server.unref();
  }

  #answer(key: string) {
    const [namespace = "", name = ""] = key.split("/");
    const { directory, nodeName } = this.#options;
    const localEndpoints = localReady(directory.slices(key), nodeName);
    return { service: { namespace, name }, localEndpoints, serviceProxyHealthy: true };
  }

  #end(key: string): void {
    const check = this.#checks.get(key);
    if (!check) return;
    this.#checks.delete(key);
    check.cancelRetry();
    check.server?.close();
    check.server?.closeAllConnections();
  }
}

function healthCheckPort({ spec }: Service): number | undefined {
  if (spec?.type !== "LoadBalancer" || spec.externalTrafficPolicy !== "Local") return undefined;
  return spec.healthCheckNodePort || undefined;
}

function localReady(slices: readonly EndpointSlice[], nodeName: string): number {
  const addresses = new Set<string>();
  for (const { endpoints = [] } of slices) {
    for (const { addresses: own, conditions, nodeName: home } of endpoints) {
      if (home === nodeName && conditions?.ready !== false && own[0]) addresses.add(own[0]);
    }
  }
  return addresses.size;
}
