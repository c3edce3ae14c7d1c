import type { MetricRegistry } from "../../machinery/metrics/registry.ts";
import type { PathHandler } from "../http/handler.ts";
import { methodNotAllowed } from "../http/rest.ts";

/** /metrics, for who may get that path. */
export function metricsPath(metrics: MetricRegistry): PathHandler {
  return {
    open: false,
    listed: () => ["/metrics"],
    async handle(path, exchange) {
      if (path !== "/metrics") return false;
      if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed();
      exchange.respond(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, await metrics.text());
      return true;
    },
  };
}
