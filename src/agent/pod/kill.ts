/**
 * Ending containers: preStop within the grace period, SIGTERM, SIGKILL. Sidecars end after the app's containers, the last
 * one started first. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow
 */
import type { Pod } from "../../machinery/types/core/v1.ts";
import { findContainer, isSidecar, type SpecContainer } from "../container/kinds.ts";
import type { ContainerState } from "../runtime/types.ts";
import { emit, type PodContext } from "./context.ts";
import type { Grace } from "./grace.ts";
import { HookError, runHook } from "./lifecycle-hooks.ts";
import type { PodView } from "./view.ts";

/** Whatever has to end gets a moment to do it. */
const SHORTEST = 2;

export interface KillOptions {
  readonly grace: Grace;
  readonly podIp: string;
  /** The text of the event Killing; undefined: "Stopping container NAME". */
  readonly message?: string;
}

/** Ends all that runs of the pod, then its sandboxes. */
export async function killPod(context: PodContext, pod: Pod, view: PodView, options: KillOptions): Promise<void> {
  const running = view.containers.filter(({ state }) => state !== "exited");
  const initOrder = (pod.spec?.initContainers ?? []).map(({ name }) => name);
  const sidecars = running
    .filter((state) => isRunningSidecar(pod, state))
    .sort((a, b) => initOrder.indexOf(b.name) - initOrder.indexOf(a.name));
  const rest = running.filter((state) => !sidecars.includes(state));
  let before: Promise<unknown> = Promise.all(rest.map((state) => killContainer(context, pod, state, options)));
  const all = [before];
  for (const state of sidecars) {
    const turn = before;
    before = Promise.race([turn, options.grace.over()]).then(() => killContainer(context, pod, state, options));
    all.push(before);
  }
  await Promise.all(all);
  await Promise.all(view.sandboxes.filter(({ running }) => running).map(({ id }) => context.runtime.stopSandbox(id)));
}

function isRunningSidecar(pod: Pod, state: ContainerState): boolean {
  const spec = findContainer(pod, state.name);
  return spec?.kind === "init" && isSidecar(spec.container);
}

export async function killContainer(
  context: PodContext,
  pod: Pod,
  state: ContainerState,
  { grace, podIp, message }: KillOptions,
): Promise<void> {
  const { runtime, probes } = context;
  probes.stop(state.id);
  if (state.state === "created") return await runtime.removeContainer(state.id);
  const spec = findContainer(pod, state.name);
  emit(context, pod, spec, "Normal", "Killing", message ?? `Stopping container ${state.name}`);
  if (spec) await preStop(context, pod, spec, state, grace, podIp);
  await stop(context, state.id, grace);
}

async function preStop(
  context: PodContext,
  pod: Pod,
  spec: SpecContainer,
  state: ContainerState,
  grace: Grace,
  podIp: string,
): Promise<void> {
  const hook = spec.container.lifecycle?.preStop;
  if (!hook || grace.remainingSeconds <= 0) return;
  try {
    const run = runHook(context, pod, spec, state, hook, podIp, grace.remainingSeconds);
    await Promise.race([run, grace.over()]);
    run.catch(() => undefined);
  } catch (error) {
    context.log.debug({ err: error, container: state.name }, "preStop hook failed");
    emit(context, pod, spec, "Warning", "FailedPreStopHook", "PreStopHook failed");
    if (!(error instanceof HookError) && (error as Error).name === "RuntimeUnavailableError") throw error;
  }
}

/** A grace period that is cut short while the engine waits is told to it by a second stop. */
async function stop(context: PodContext, id: string, grace: Grace): Promise<void> {
  const ended = context.runtime.stopContainer(id, Math.max(SHORTEST, Math.ceil(grace.remainingSeconds)));
  let over = false;
  const done = ended.then(() => {
    over = true;
  });
  while (!over) {
    await Promise.race([done, grace.shortened]);
    if (!over) {
      await Promise.race([
        done,
        context.runtime.stopContainer(id, Math.max(SHORTEST, Math.ceil(grace.remainingSeconds))),
      ]);
      await done;
    }
  }
}
