/** One container from its image to its postStart hook. */
import { goQuote } from "../../machinery/status/go-format.ts";
import type { EphemeralContainer, Pod } from "../../machinery/types/core/v1.ts";
import { containerConfig } from "../container/config.ts";
import { ContainerConfigError } from "../container/config-error.ts";
import type { SpecContainer } from "../container/kinds.ts";
import { ImageError } from "../image/manager.ts";
import type { ContainerConfig, Mount, SandboxState } from "../runtime/types.ts";
import { VolumeError } from "../volumes/types.ts";
import { emit, type PodContext } from "./context.ts";
import { Grace } from "./grace.ts";
import { killContainer } from "./kill.ts";
import { HookError, runHook } from "./lifecycle-hooks.ts";
import { latestOf, type PodView } from "./view.ts";

/** A postStart hook has no time limit of its own. */
const NO_LIMIT = 24 * 3600;

/** `reason` is the waiting reason of the container's status. `retryAt`: by Clock.elapsed(). */
export class StartError extends Error {
  override name = "StartError";
  readonly reason: string;
  readonly retryAt: number | undefined;
  constructor(reason: string, message: string, retryAt?: number, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

export interface StartInput {
  /** With the addresses of its status as they are known now. */
  readonly pod: Pod;
  readonly spec: SpecContainer;
  readonly sandbox: SandboxState;
  readonly attempt: number;
  readonly podFiles: readonly Mount[];
  readonly podIp: string;
  readonly view: PodView;
  readonly graceSeconds: number;
  /** Resolves with its argument, or rejects at once when the pod is to end. */
  readonly unlessInterrupted: <T>(work: Promise<T>) => Promise<T>;
}

/** Throws StartError where the container does not run in the end, its event emitted; other errors are the engine's absence. */
export async function startContainer(context: PodContext, input: StartInput): Promise<void> {
  const { pod, spec, sandbox } = input;
  const { runtime } = context;
  const config = await configure(context, input);
  const id = await failing(context, input, "CreateContainerError", () => runtime.createContainer(sandbox, config));
  emit(context, pod, spec, "Normal", "Created", "Container created");
  await failing(context, input, "RunContainerError", () => runtime.startContainer(id));
  emit(context, pod, spec, "Normal", "Started", "Container started");
  await postStart(context, input, id);
}

async function configure(context: PodContext, input: StartInput): Promise<ContainerConfig> {
  const { pod, spec } = input;
  try {
    const image = await input.unlessInterrupted(
      context.images.ensure(pod, spec, (type, reason, message) => emit(context, pod, spec, type, reason, message)),
    );
    const targetId = targetOf(input);
    return await containerConfig({
      ...(targetId === undefined ? {} : { targetId }),
      pod,
      spec,
      attempt: input.attempt,
      image,
      source: context.source,
      volumes: context.volumes,
      dataDir: context.dataDir,
      nodeMemoryBytes: context.node.memoryBytes(),
      podFiles: input.podFiles,
    });
  } catch (error) {
    if (error instanceof ImageError) {
      emit(context, pod, spec, "Warning", "Failed", `Error: ${error.reason}`);
      throw new StartError(error.reason, error.message, error.retryAt, { cause: error });
    }
    if (error instanceof ContainerConfigError || error instanceof VolumeError) {
      emit(context, pod, spec, "Warning", "Failed", `Error: ${error.message}`);
      throw new StartError("CreateContainerConfigError", error.message, undefined, { cause: error });
    }
    throw error;
  }
}

/** The container whose processes an ephemeral one wants to see must run. */
function targetOf({ spec, view }: StartInput): string | undefined {
  const { targetContainerName } = spec.container as EphemeralContainer;
  if (spec.kind !== "ephemeral" || !targetContainerName) return undefined;
  const target = latestOf(view, targetContainerName);
  if (target?.state === "running") return target.id;
  throw new ContainerConfigError(`unable to find target container ${goQuote(targetContainerName)}`);
}

async function failing<T>(context: PodContext, input: StartInput, reason: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as Error).name === "RuntimeUnavailableError") throw error;
    const { message } = error as Error;
    emit(context, input.pod, input.spec, "Warning", "Failed", `Error: ${message}`);
    throw new StartError(reason, message, undefined, { cause: error });
  }
}

async function postStart(context: PodContext, input: StartInput, id: string): Promise<void> {
  const { pod, spec, podIp } = input;
  const hook = spec.container.lifecycle?.postStart;
  if (!hook) return;
  const state = await context.runtime.inspectContainer(id);
  if (!state) return;
  try {
    await input.unlessInterrupted(runHook(context, pod, spec, state, hook, podIp, NO_LIMIT));
  } catch (error) {
    if (!(error instanceof HookError)) throw error;
    emit(context, pod, spec, "Warning", "FailedPostStartHook", "PostStartHook failed");
    const grace = new Grace(context.clock, input.graceSeconds);
    await killContainer(context, pod, state, { grace, podIp, message: "FailedPostStartHook" });
    throw new StartError("PostStartHookError", error.message, undefined, { cause: error });
  }
}
