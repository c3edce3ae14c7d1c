import { type AgentLink, LinkError, type NodeStats, type PodRef } from "../../../proto/agent.ts";
import { goQuote } from "../../machinery/status/go-format.ts";
import { type Runtime, RuntimeError, RuntimeUnavailableError } from "../runtime/types.ts";
import { chooseContainer, containerWithLogs, runningContainer, statusOf } from "./container-choice.ts";
import type { PodDirectory, PodOnNode } from "./types.ts";

export interface AgentLinkOptions {
  readonly nodeName: string;
  readonly runtime: Pick<Runtime, "logs" | "exec" | "attach" | "portForward">;
  readonly pods: PodDirectory;
  readonly stats: () => Promise<NodeStats>;
}

/** The agent's half of pods/log, exec, attach and portforward: the kubelet's rules over the runtime's streams. */
export function createAgentLink({ nodeName, runtime, pods, stats }: AgentLinkOptions): AgentLink {
  const find = (ref: PodRef): PodOnNode => {
    const view = pods.podOf(ref);
    if (view) return view;
    throw new LinkError("NotFound", `pod not found (${goQuote(`${ref.name}_${ref.namespace}`)})`);
  };

  return {
    nodeName,
    stats,

    async logs(ref, options, signal) {
      const view = find(ref);
      const container = chooseContainer(view.pod, options.container);
      const id = containerWithLogs(view, container, options.previous ?? false);
      // A container that has ended writes no more: following it would only wait for nothing.
      const ended = options.previous || !statusOf(view.status, container)?.state?.running;
      return await translated(() => runtime.logs(id, { ...options, ...(ended ? { follow: false } : {}) }, signal));
    },

    async exec(ref, options, streams) {
      const view = find(ref);
      const id = runningContainer(view, chooseContainer(view.pod, options.container));
      return await translated(() => runtime.exec(id, options, streams));
    },

    async attach(ref, options, streams) {
      const view = find(ref);
      const container = chooseContainer(view.pod, options.container);
      const id = runningContainer(view, container);
      // What the container was made with decides, not what the client would like.
      const spec = [
        ...(view.pod.spec?.containers ?? []),
        ...(view.pod.spec?.initContainers ?? []),
        ...(view.pod.spec?.ephemeralContainers ?? []),
      ].find(({ name }) => name === container);
      return await translated(() => runtime.attach(id, { ...options, tty: spec?.tty ?? false }, streams));
    },

    async portForward(ref, port, signal) {
      const { sandbox } = find(ref);
      if (!sandbox?.running) throw new LinkError("NotFound", `pod sandbox of ${goQuote(ref.name)} is not running`);
      const connection = await translated(() => runtime.portForward(sandbox, port));
      const end = (): void => void connection.destroy();
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
      connection.once("close", () => signal.removeEventListener("abort", end));
      return connection;
    },
  };
}

/** The runtime's errors as the server understands them. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LinkError) throw error;
    if (error instanceof RuntimeUnavailableError) throw new LinkError("Unavailable", error.message, { cause: error });
    if (error instanceof RuntimeError) {
      throw new LinkError(error.reason === "not-found" ? "NotFound" : "Internal", error.message, { cause: error });
    }
    throw error;
  }
}
