import { badRequest } from "../../machinery/status/errors.ts";
import type { Client, UserInfo } from "../client/types.ts";
import type { Call } from "../pipeline/types.ts";
import type { Resource } from "../registry/resource.ts";
import type { ConnectHandler, ConnectHandlers, ConnectRequest, UpgradeRequest } from "./connect.ts";
import type { Exchange } from "./exchange.ts";

/** Finds the handler of a connect subresource and gives it what connect.ts promises. */
export class ConnectDispatch {
  readonly #handlers: ConnectHandlers;
  readonly #client: (user: UserInfo) => Client;
  readonly #running = new Set<AbortController>();

  constructor(handlers: ConnectHandlers, client: (user: UserInfo) => Client) {
    this.#handlers = handlers;
    this.#client = client;
  }

  has(resource: Resource, subresource: string): boolean {
    return subresource !== "" && this.#find(resource, subresource) !== undefined;
  }

  async request(call: Call, rest: string, query: URLSearchParams, exchange: Exchange): Promise<void> {
    const handler = this.#find(call.resource, call.subresource);
    if (!handler?.request) throw badRequest("Upgrade request required");
    const abort = this.#begin();
    exchange.onClose(() => this.#finish(abort));
    try {
      await handler.request(this.#connectRequest(call, rest, query, abort.signal), exchange);
    } finally {
      if (exchange.gone) this.#finish(abort);
    }
  }

  async upgrade(call: Call, rest: string, query: URLSearchParams, upgrade: UpgradeRequest): Promise<void> {
    const handler = this.#find(call.resource, call.subresource);
    if (!handler?.upgrade) throw badRequest("this resource does not take upgrades");
    const abort = this.#begin();
    upgrade.socket.once("close", () => this.#finish(abort));
    await handler.upgrade(this.#connectRequest(call, rest, query, abort.signal), upgrade);
  }

  /** Ends every conversation. */
  close(): void {
    for (const abort of [...this.#running]) this.#finish(abort);
  }

  #find({ resource }: Resource, subresource: string): ConnectHandler | undefined {
    const key = `${resource}/${subresource}`;
    return Object.hasOwn(this.#handlers, key) ? this.#handlers[key] : undefined;
  }

  #begin(): AbortController {
    const abort = new AbortController();
    this.#running.add(abort);
    return abort;
  }

  #finish(abort: AbortController): void {
    this.#running.delete(abort);
    abort.abort();
  }

  #connectRequest(call: Call, rest: string, query: URLSearchParams, signal: AbortSignal): ConnectRequest {
    const { user, namespace, name, subresource } = call;
    return { user, namespace, name, subresource, rest, query, signal, client: this.#client(user) };
  }
}
