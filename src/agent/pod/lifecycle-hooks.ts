/** postStart and preStop: https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/ */
import { goQuote } from "../../machinery/status/go-format.ts";
import type { LifecycleHandler, Pod } from "../../machinery/types/core/v1.ts";
import type { SpecContainer } from "../container/kinds.ts";
import { portOf } from "../probes/handler.ts";
import { httpAttempt } from "../probes/http.ts";
import { type ContainerState, RuntimeError } from "../runtime/types.ts";
import { formatPod, type PodContext } from "./context.ts";

const OUTPUT_LIMIT = 10 << 10;

export class HookError extends Error {
  override name = "HookError";
}

/** Throws HookError when it fails or takes longer than `timeoutSeconds`. */
export async function runHook(
  context: PodContext,
  pod: Pod,
  { container }: SpecContainer,
  state: Pick<ContainerState, "id" | "startedAt" | "createdAt">,
  handler: LifecycleHandler,
  podIp: string,
  timeoutSeconds: number,
): Promise<void> {
  const about = `for Container ${goQuote(container.name)} in Pod ${goQuote(formatPod(pod))} failed`;
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const { exitCode, output } = await context.runtime
      .execProbe(state.id, command, timeoutSeconds, OUTPUT_LIMIT)
      .catch((error: unknown) => {
        if (!(error instanceof RuntimeError)) throw error;
        throw new HookError(`Exec lifecycle hook ([${command.join(" ")}]) ${about} - error: ${error.message}`);
      });
    if (exitCode === 0) return;
    const line = command.join(" ");
    const error =
      exitCode === undefined
        ? `command ${goQuote(line)} timed out`
        : `command '${line}' exited with ${exitCode}: ${output}`;
    throw new HookError(`Exec lifecycle hook ([${line}]) ${about} - error: ${error}, message: ${goQuote(output)}`);
  }
  if (handler.httpGet) {
    const target = {
      pod,
      container,
      containerId: state.id,
      podIp,
      startedAt: state.startedAt ?? state.createdAt,
    };
    const cut = new AbortController();
    const { outcome, output } = await httpAttempt(handler.httpGet, portOf(handler.httpGet.port, container), {
      target,
      clock: context.clock,
      signal: cut.signal,
      timeoutSeconds,
    });
    if (outcome === "success") return;
    throw new HookError(`HTTP lifecycle hook (${handler.httpGet.path ?? "/"}) ${about} - error: ${output}`);
  }
  if (handler.sleep) {
    const seconds = Math.min(handler.sleep.seconds, timeoutSeconds);
    await new Promise<void>((resolve) => void context.clock.after(seconds * 1000, resolve));
    if (handler.sleep.seconds > timeoutSeconds) {
      throw new HookError(`Sleep lifecycle hook ${about} - error: container terminated before sleep hook finished`);
    }
  }
}
