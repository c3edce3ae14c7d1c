/** The subresources of pods that are streams, by the names under which the API server serves them. */
import type { ConnectHandlers } from "../http/connect.ts";
import { attachHandler, execHandler } from "./command-handlers.ts";
import { logHandler } from "./logs.ts";
import { portForwardHandler } from "./port-forward.ts";
import { podProxy, serviceProxy } from "./proxy/handlers.ts";
import { nodeProxy } from "./proxy/node-proxy.ts";
import type { StreamOptions } from "./types.ts";

export function createStreamHandlers(options: StreamOptions): ConnectHandlers {
  return {
    "pods/log": logHandler(options),
    "pods/exec": execHandler(options),
    "pods/attach": attachHandler(options),
    "pods/portforward": portForwardHandler(options),
    "pods/proxy": podProxy(options),
    "services/proxy": serviceProxy(options),
    "nodes/proxy": nodeProxy(options),
  };
}
