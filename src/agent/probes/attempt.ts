/** One attempt of a probe, whatever its handler. */
import { goQuote } from "../../machinery/status/go-format.ts";
import type { Probe } from "../../machinery/types/core/v1.ts";
import type { Runtime } from "../runtime/types.ts";
import { type Attempt, type AttemptContext, goSeconds, outputLimit, portOf } from "./handler.ts";

export async function attempt(
  probe: Probe,
  context: AttemptContext,
  runtime: Pick<Runtime, "execProbe">,
): Promise<Attempt> {
  const { target } = context;
  try {
    if (probe.exec) return await execAttempt(probe.exec.command ?? [], context, runtime);
    if (probe.httpGet) {
      const { httpAttempt } = await import("./http.ts");
      return await httpAttempt(probe.httpGet, portOf(probe.httpGet.port, target.container), context);
    }
    if (probe.tcpSocket) {
      const { tcpAttempt } = await import("./tcp.ts");
      const { host, port } = probe.tcpSocket;
      return await tcpAttempt(host || target.podIp, portOf(port, target.container), context);
    }
    if (probe.grpc) {
      const { grpcAttempt } = await import("./grpc.ts");
      return await grpcAttempt(probe.grpc, context);
    }
    throw new Error(`missing probe handler for ${target.pod.metadata.name}:${target.container.name}`);
  } catch (error) {
    return { outcome: "error", output: (error as Error).message };
  }
}

async function execAttempt(
  command: readonly string[],
  { target, timeoutSeconds }: AttemptContext,
  runtime: Pick<Runtime, "execProbe">,
): Promise<Attempt> {
  const { exitCode, output } = await runtime.execProbe(target.containerId, command, timeoutSeconds, outputLimit);
  if (exitCode === undefined) {
    const timedOut = `command timed out: ${goQuote(command.join(" "))} timed out after ${goSeconds(timeoutSeconds)}`;
    return { outcome: "failure", output: timedOut };
  }
  return { outcome: exitCode === 0 ? "success" : "failure", output };
}
