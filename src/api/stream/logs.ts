/** pods/log: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod */
import { once } from "node:events";
import { serviceUnavailable } from "../../machinery/status/errors.ts";
import type { ConnectHandler } from "../http/connect.ts";
import { logOptionsOf } from "./log-options.ts";
import { asStatusError, containerOf, podOf, refOf } from "./pod.ts";
import type { StreamOptions } from "./types.ts";

export function logHandler({ agentOf, log }: StreamOptions): ConnectHandler {
  return {
    async request(request, exchange) {
      const options = logOptionsOf(request.query, request.name);
      const pod = await podOf(request);
      const container = containerOf(pod, request.query.get("container"));
      const nodeName = pod.spec?.nodeName;
      // Not on any node yet: nothing was logged.
      if (!nodeName) return exchange.respond(200, { "content-type": "text/plain" }, "");
      const agent = agentOf(nodeName);
      if (!agent) throw serviceUnavailable(`the agent of node ${JSON.stringify(nodeName)} is not connected`);
      const source = await agent.logs(refOf(pod), { ...options, container }, request.signal).catch((error) => {
        throw asStatusError(error);
      });
      const stop = (): void => void source.destroy();
      exchange.onClose(stop);
      const target = exchange.open(200, { "content-type": "text/plain" });
      try {
        for await (const chunk of source as AsyncIterable<Buffer | string>) {
          if (!target.write(chunk)) await drained(target, request.signal);
        }
        target.end();
      } catch (error) {
        if (request.signal.aborted || exchange.gone) return;
        // The head is sent: a cut-off answer is the only way to say that something is missing.
        log.warn({ pod: pod.metadata.name, error }, "a log could not be read to its end");
        exchange.abort();
      } finally {
        stop();
      }
    },
  };
}

async function drained(target: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  const abort = new AbortController();
  const end = (): void => abort.abort();
  target.once("close", end);
  signal.addEventListener("abort", end, { once: true });
  try {
    await once(target, "drain", { signal: abort.signal });
  } finally {
    target.off("close", end);
    signal.removeEventListener("abort", end);
  }
}
