/** Does what computePodActions() found missing. */
import { goQuote } from "../../machinery/status/go-format.ts";
import type { ContainerStatus, Pod, PodStatus } from "../../machinery/types/core/v1.ts";
import type { SpecContainer } from "../container/kinds.ts";
import { type ContainerState, RuntimeUnavailableError, type SandboxState } from "../runtime/types.ts";
import { sandboxConfig } from "../sandbox/config.ts";
import { podDns } from "../sandbox/dns.ts";
import type { PodActions } from "./actions.ts";
import { goDuration } from "./backoff.ts";
import { emit, formatPod, type PodContext } from "./context.ts";
import { Grace } from "./grace.ts";
import type { Interruption } from "./interruption.ts";
import { killContainer, killPod } from "./kill.ts";
import { writePodFiles } from "./pod-files.ts";
import { StartError, startContainer } from "./start-container.ts";
import { finishedAt, latestOf, type PodView } from "./view.ts";

const CONFIG_RETRY = 10_000;
/** How long ErrImagePull is shown before it becomes ImagePullBackOff. */
const PULL_ERROR_SHOWN = 2000;

/** Why a container waits, for its status. */
export interface Waiting {
  readonly reason: string;
  readonly message: string;
  /**
   * Another attempt for this generation of the pod has to wait (by the clock's elapsed()): the engine tells of what it could not
   * make, too, so that every failure brings the next sync.
   */
  readonly again?: { readonly at: number; readonly generation: number | undefined };
}

export interface Execution {
  readonly pod: Pod;
  readonly view: PodView;
  readonly actions: PodActions;
  /** Kept up to date for every container that is started or cannot be. */
  readonly reasons: Map<string, Waiting>;
  readonly previous: PodStatus;
  readonly graceSeconds: number;
  readonly interruption: Interruption;
  /** Something has changed that the status should show; returns the new view. */
  readonly progress: () => Promise<PodView>;
}

/** `retryAt`: when something that failed may be tried again (by Clock.elapsed()). */
export async function executeActions(context: PodContext, execution: Execution): Promise<{ retryAt?: number }> {
  const { actions, pod, interruption } = execution;
  let { view } = execution;
  const podIp = execution.previous.podIP ?? "127.0.0.1";
  if (actions.killPod) {
    if (actions.createSandbox !== undefined && view.sandboxes.length > 0) {
      emit(
        context,
        pod,
        undefined,
        "Normal",
        "SandboxChanged",
        "Pod sandbox changed, it will be killed and re-created.",
      );
    }
    const grace = new Grace(context.clock, execution.graceSeconds);
    await interruption.unless(killPod(context, pod, view, { grace, podIp }));
    view = await execution.progress();
  }
  await interruption.unless(killFaulty(context, execution, podIp));
  if (actions.kill.length > 0) view = await execution.progress();
  if (actions.start.length === 0 && actions.createSandbox === undefined) return {};

  let sandbox = actions.sandbox;
  if (actions.createSandbox !== undefined) {
    // Init containers run again in a new sandbox; what they left behind would count as done.
    await removeInitContainers(context, pod, view);
    sandbox = await makeSandbox(context, execution, actions.createSandbox);
    view = await execution.progress();
  }
  return sandbox ? await startAll(context, execution, sandbox, view) : {};
}

async function killFaulty(
  context: PodContext,
  { actions, pod, graceSeconds }: Execution,
  podIp: string,
): Promise<void> {
  await Promise.all(
    actions.kill.map(({ spec, state, message, because }) => {
      const { livenessProbe, startupProbe } = spec.container;
      const probe = because === "liveness" ? livenessProbe : because === "startup" ? startupProbe : undefined;
      const grace = new Grace(context.clock, probe?.terminationGracePeriodSeconds ?? graceSeconds);
      return killContainer(context, pod, state, { grace, podIp, message });
    }),
  );
}

async function removeInitContainers(context: PodContext, pod: Pod, view: PodView): Promise<void> {
  const names = new Set((pod.spec?.initContainers ?? []).map(({ name }) => name));
  const old = view.containers.filter(({ name }) => names.has(name));
  await Promise.all(old.map(({ id }) => context.runtime.removeContainer(id)));
}

async function makeSandbox(
  context: PodContext,
  { pod, interruption }: Execution,
  attempt: number,
): Promise<SandboxState> {
  const { node } = context;
  try {
    await interruption.unless(node.networkReady());
    const dns = podDns(pod, node.clusterDns(), await node.hostDns());
    return await context.sandboxSlots.run(async () => {
      interruption.check();
      return await context.runtime.createSandbox(sandboxConfig(pod, attempt, node.clusterDomain(), dns));
    });
  } catch (error) {
    if (error instanceof Error && error.name === "NetworkNotReadyError") {
      emit(context, pod, undefined, "Warning", "NetworkNotReady", error.message);
    }
    if (error instanceof Error && error.name === "RuntimeError") {
      emit(
        context,
        pod,
        undefined,
        "Warning",
        "FailedCreatePodSandBox",
        `Failed to create pod sandbox: ${error.message}`,
      );
    }
    throw error;
  }
}

async function startAll(
  context: PodContext,
  execution: Execution,
  sandbox: SandboxState,
  before: PodView,
): Promise<{ retryAt?: number }> {
  const { actions, reasons, interruption, previous } = execution;
  const hostNetwork = execution.pod.spec?.hostNetwork ?? false;
  const ips = hostNetwork ? context.node.ips() : sandbox.ips;
  const pod: Pod = { ...execution.pod, status: withAddresses(previous, ips, context.node.ips()) };
  // No container runs before the policies hold: https://kubernetes.io/docs/concepts/services-networking/network-policies/#pod-lifecycle
  if (!hostNetwork && context.isolate) await interruption.unless(context.isolate(pod, ips));
  const dns = podDns(pod, context.node.clusterDns(), await context.node.hostDns());
  const podFiles = await writePodFiles(context, pod, ips, dns);
  let view = before;
  let retryAt: number | undefined;
  const retry = (at: number) => {
    retryAt = Math.min(at, retryAt ?? at);
  };

  for (const spec of actions.start) {
    interruption.check();
    const { name } = spec.container;
    const wait = crashWait(context, pod, spec, view);
    if (wait) {
      reasons.set(name, wait);
      retry(wait.until);
      continue;
    }
    const { again } = reasons.get(name) ?? {};
    if (again && again.generation === pod.metadata.generation && again.at > context.clock.elapsed()) {
      retry(again.at);
      continue;
    }
    try {
      await startContainer(context, {
        pod,
        spec,
        sandbox,
        attempt: nextAttempt(previous, name, latestOf(view, name)),
        podFiles,
        podIp: ips[0] ?? "127.0.0.1",
        view,
        graceSeconds: execution.graceSeconds,
        unlessInterrupted: (work) => interruption.unless(work),
      });
      reasons.delete(name);
      await removeOlder(context, view, name);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const later = context.clock.elapsed() + CONFIG_RETRY;
      const again = error.reason === "CreateContainerError" && { at: later, generation: pod.metadata.generation };
      reasons.set(name, { reason: error.reason, message: error.message, ...(again ? { again } : {}) });
      if (error.reason === "ErrImagePull") retry(context.clock.elapsed() + PULL_ERROR_SHOWN);
      else if (error.retryAt !== undefined) retry(error.retryAt);
      else if (error.reason !== "PostStartHookError") retry(later);
    }
    view = await execution.progress();
  }
  await removeOldSandboxes(context, view);
  return retryAt === undefined ? {} : { retryAt };
}

/** Undefined: it may be started now, and its next failure will have to wait longer. */
function crashWait(
  context: PodContext,
  pod: Pod,
  spec: SpecContainer,
  view: PodView,
): (Waiting & { readonly until: number }) | undefined {
  const { crashes } = context;
  const { name, image } = spec.container;
  const latest = latestOf(view, name);
  if (latest?.state !== "exited") return undefined;
  const key = `${pod.metadata.uid}_${name}_${image}`;
  const ended = finishedAt(latest);
  const until = crashes.until(key, ended);
  if (until === undefined) {
    crashes.next(key, ended);
    return undefined;
  }
  const where = `${name} in pod ${formatPod(pod)}`;
  emit(context, pod, spec, "Warning", "BackOff", `Back-off restarting failed container ${where}`);
  const delay = goDuration(crashes.delay(key));
  const message = `back-off ${delay} restarting failed container=${name} pod=${formatPod(pod)}`;
  return { reason: "CrashLoopBackOff", message, until };
}

/** Restarts are counted on, even where somebody has removed the newest containers from the runtime. */
export function nextAttempt(previous: PodStatus, name: string, latest: ContainerState | undefined): number {
  const statuses: ContainerStatus[] = [
    ...(previous.containerStatuses ?? []),
    ...(previous.initContainerStatuses ?? []),
    ...(previous.ephemeralContainerStatuses ?? []),
  ];
  const status = statuses.find((status) => status.name === name);
  const counted = status?.restartCount ?? 0;
  if (latest) return latest.attempt < counted ? counted + 1 : latest.attempt + 1;
  if (!status?.containerID) return 0;
  // A container that was found lost has been counted already.
  return status.state?.waiting ? counted : counted + 1;
}

/** One dead container of each name stays, for its log and its last state. */
async function removeOlder(context: PodContext, view: PodView, name: string): Promise<void> {
  const old = view.containers.filter((container) => container.name === name && container.state !== "running").slice(1);
  await Promise.all(old.map(({ id }) => context.runtime.removeContainer(id)));
}

async function removeOldSandboxes(context: PodContext, view: PodView): Promise<void> {
  const old = view.sandboxes.slice(1).filter(({ running }) => !running);
  for (const { id } of old) {
    try {
      await context.runtime.removeSandbox(id);
    } catch (error) {
      if (error instanceof RuntimeUnavailableError) throw error;
      context.log.warn({ err: error, sandbox: goQuote(id) }, "an old sandbox could not be removed");
    }
  }
}

function withAddresses(status: PodStatus, ips: readonly string[], nodeIps: readonly string[]): PodStatus {
  const [ip] = ips;
  const [hostIp] = nodeIps;
  return {
    ...status,
    ...(ip === undefined ? {} : { podIP: ip, podIPs: ips.map((ip) => ({ ip })) }),
    ...(hostIp === undefined ? {} : { hostIP: hostIp, hostIPs: nodeIps.map((ip) => ({ ip })) }),
  };
}
