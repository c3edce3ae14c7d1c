/** pods/exec and pods/attach: what is asked for, before any protocol is spoken. */
import type { AgentLink, ExecResult, ExecStreams } from "../../../proto/agent.ts";
import { badRequest } from "../../machinery/status/errors.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { ConnectHandler, ConnectRequest } from "../http/connect.ts";
import { agentOfPod, containerOf, podOf, refOf } from "./pod.ts";
import { booleanOf } from "./query.ts";
import type { RemoteCommand } from "./remote-command.ts";
import { asksForSpdy } from "./spdy/handshake.ts";
import type { StreamOptions } from "./types.ts";

type Run = (agent: AgentLink, pod: Pod, container: string, tty: boolean, streams: ExecStreams) => Promise<ExecResult>;

export function execHandler(options: StreamOptions): ConnectHandler {
  return commandHandler(options, ({ query }) => {
    const command = query.getAll("command");
    return (agent, pod, container, tty, streams) => agent.exec(refOf(pod), { container, command, tty }, streams);
  });
}

export function attachHandler(options: StreamOptions): ConnectHandler {
  return commandHandler(
    options,
    () => (agent, pod, container, tty, streams) => agent.attach(refOf(pod), { container, tty }, streams),
  );
}

function commandHandler(options: StreamOptions, runOf: (request: ConnectRequest) => Run): ConnectHandler {
  return {
    async upgrade(request, upgrade) {
      const { query, signal } = request;
      const run = runOf(request);
      const tty = booleanOf(query, "tty");
      const [stdin, stdout] = [booleanOf(query, "stdin"), booleanOf(query, "stdout")];
      // With a terminal there is one output.
      const stderr = booleanOf(query, "stderr") && !tty;
      if (!stdin && !stdout && !stderr) throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
      const pod = await podOf(request);
      const container = containerOf(pod, query.get("container"));
      const agent = agentOfPod(pod, options.agentOf);
      const { clock } = options;
      const log = options.log.child({ pod: pod.metadata.name, container, subresource: request.subresource });
      const command: RemoteCommand = {
        ...{ stdin, stdout, stderr, tty, clock, log, signal },
        run: (streams) => run(agent, pod, container, tty, streams),
      };
      if (asksForSpdy(upgrade.message)) {
        const { commandOverSpdy } = await import("./spdy-command.ts");
        await commandOverSpdy(command, upgrade);
      } else {
        const { commandOverWebSocket } = await import("./websocket-command.ts");
        await commandOverWebSocket(command, upgrade);
      }
    },
  };
}
