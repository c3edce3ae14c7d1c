/** pods/portforward: TCP connections into a pod, each a pair of streams (or channels) for data and for errors. */
import { LinkError } from "../../../proto/agent.ts";
import { badRequest } from "../../machinery/status/errors.ts";
import type { ConnectHandler } from "../http/connect.ts";
import type { ForwardTarget } from "./forwarded-connection.ts";
import { agentOfPod, podOf, refOf } from "./pod.ts";
import { asksForSpdy } from "./spdy/handshake.ts";
import type { StreamOptions } from "./types.ts";

export function portForwardHandler({ agentOf, clock, log }: StreamOptions): ConnectHandler {
  return {
    async upgrade(request, upgrade) {
      const pod = await podOf(request);
      const agent = agentOfPod(pod, agentOf);
      const ref = refOf(pod);
      const target: ForwardTarget = {
        clock,
        signal: request.signal,
        async connect(port, signal) {
          try {
            return await agent.portForward(ref, port, signal);
          } catch (error) {
            if (!(error instanceof LinkError))
              log.error({ pod: ref.name, port, error }, "a port could not be forwarded");
            throw new Error(
              `error forwarding port ${port} to pod ${ref.name}, uid ${ref.uid}: ${(error as Error).message}`,
            );
          }
        },
      };
      const offered = upgrade.message.headers["sec-websocket-protocol"] ?? "";
      if (asksForSpdy(upgrade.message)) {
        const { forwardOverSpdy } = await import("./spdy-port-forward.ts");
        await forwardOverSpdy(target, upgrade);
      } else if (offered.includes("SPDY/3.1+")) {
        const { forwardOverTunnel } = await import("./spdy-port-forward.ts");
        await forwardOverTunnel(target, upgrade);
      } else {
        const ports = request.query.getAll("ports").flatMap((list) => list.split(","));
        const { forwardOverWebSocket } = await import("./websocket-port-forward.ts");
        await forwardOverWebSocket(target, ports.map(portOf), upgrade);
      }
    },
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65536) return port;
  throw badRequest(`invalid port number ${JSON.stringify(text)}: must be between 1 and 65535`);
}
