/** pods/proxy and services/proxy: https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/ */
import type { ConnectHandler, ConnectRequest } from "../../http/connect.ts";
import type { Exchange } from "../../http/exchange.ts";
import { asStatusError } from "../pod.ts";
import type { StreamOptions } from "../types.ts";
import { type ProxyPath, proxyPath } from "./path.ts";
import type { ProxyTarget } from "./types.ts";

/** api, v1, namespaces, NAMESPACE, pods, NAME, proxy */
const depthInNamespace = 7;

export function podProxy({ agentOf }: StreamOptions): ConnectHandler {
  return proxyHandler(depthInNamespace, async (request) => {
    const { podTarget } = await import("./pod-target.ts");
    return await podTarget(request, agentOf);
  });
}

export function serviceProxy({ agentOf }: StreamOptions): ConnectHandler {
  return proxyHandler(depthInNamespace, async (request) => {
    const { serviceTarget } = await import("./service-target.ts");
    return await serviceTarget(request, agentOf);
  });
}

export function proxyHandler(
  depth: number,
  targetOf: (request: ConnectRequest, path: ProxyPath) => Promise<ProxyTarget>,
): ConnectHandler {
  return {
    async request(request, exchange) {
      const path = proxyPath(exchange.url, depth);
      const target = await targetOf(request, path);
      if (path.bare) return redirect(exchange, path);
      const { forwardRequest } = await import("./forward.ts");
      await forwardRequest(target, path, exchange, request.signal);
    },
    async upgrade(request, upgrade) {
      const path = proxyPath(upgrade.message.url ?? "/", depth);
      const target = await targetOf(request, path);
      const { forwardUpgrade } = await import("./upgrade.ts");
      await forwardUpgrade(target, path, upgrade, request.signal).catch((error: unknown) => {
        throw asStatusError(error);
      });
    },
  };
}

/** Relative links of the first page would otherwise lead beside the proxy. */
function redirect(exchange: Exchange, { asked, query }: ProxyPath): void {
  exchange.respond(301, { location: `${asked}/${query}` }, "");
}
