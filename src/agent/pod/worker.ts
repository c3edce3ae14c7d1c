/**
 * One pod on this node, from the first sight of its spec to its last container's end. Whatever happens (a new spec, an
 * event of the runtime, a probe's verdict, a timer) only says that something may be due; one sync at a time then looks at
 * everything and does what is missing. Nothing that matters is kept here: a new worker finds its pod as it is.
 */
import type { Pod, PodStatus } from "../../machinery/types/core/v1.ts";
import { findContainer } from "../container/kinds.ts";
import { terminationMessage } from "../container/termination-message.ts";
import { PodResize } from "../resize/pod-resize.ts";
import { RuntimeUnavailableError, type SandboxState } from "../runtime/types.ts";
import { apiTime } from "../status/container-status.ts";
import type { StatusInput } from "../status/input.ts";
import { computePodStatus, isTerminal } from "../status/pod-status.ts";
import { VolumeError } from "../volumes/types.ts";
import { computePodActions } from "./actions.ts";
import { emit, type PodContext, refOf } from "./context.ts";
import { executeActions, type Waiting } from "./execute.ts";
import { Grace } from "./grace.ts";
import { Interrupted, Interruption } from "./interruption.ts";
import { killPod } from "./kill.ts";
import { hasNewMetadata, isNewWish } from "./update.ts";
import { activeSandbox, emptyView, type PodView, podView } from "./view.ts";

const FIRST_RETRY = 1000;
const LAST_RETRY = 10_000;
const ENGINE_RETRY = 5000;
/** For what is on its way to be there. */
const DRIFT_CHECK = 1000;
/** Other pods may have ended since a resize was put off. */
const RESIZE_RETRY = 10_000;
/** What the API has let go of already (`kubectl delete --force`) gets no more than a moment. */
const FORCED_GRACE = 2;

/** "syncing" until the pod is to end, "terminating" until nothing of it runs, "terminated" until the API has let it go. */
type Stage = "syncing" | "terminating" | "terminated" | "finished";

export class PodWorker {
  readonly uid: string;
  readonly #context: PodContext;
  readonly #finished: (uid: string) => void;
  readonly #reasons = new Map<string, Waiting>();
  readonly #messages = new Map<string, string>();
  #pod: Pod;
  #status: PodStatus;
  /** As #status, as far as the server may know it. */
  #told: PodStatus;
  #view: PodView = emptyView;
  #stage: Stage = "syncing";
  #removed = false;
  #closed = false;
  #volumesReady = false;
  #ended: StatusInput["ended"];
  #grace: Grace | undefined;
  #interruption = new Interruption();
  readonly #resize: PodResize;
  #due = false;
  #running: Promise<void> | undefined;
  #wake: { readonly at: number; readonly cancel: () => void } | undefined;
  #failures = 0;
  #cancelDriftCheck: (() => void) | undefined;

  constructor(context: PodContext, pod: Pod, finished: (uid: string) => void) {
    this.uid = pod.metadata.uid ?? "";
    this.#context = context;
    this.#finished = finished;
    this.#resize = new PodResize(context, pod);
    this.#pod = pod;
    this.#status = pod.status ?? {};
    this.#told = this.#status;
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** With the resources that the node has agreed to. */
  get allocatedPod(): Pod {
    return this.#resize.allocated(this.#pod);
  }

  get status(): PodStatus {
    return this.#status;
  }

  get sandbox(): SandboxState | undefined {
    return activeSandbox(this.#view, this.#pod.spec?.hostNetwork ?? false);
  }

  /** Whether something has happened to the containers that this worker has not looked at. */
  isStale(seen: PodView): boolean {
    const stateOf = (view: PodView) =>
      [
        ...view.sandboxes.map(({ id, running }) => `${id} ${running}`),
        ...view.containers.map(({ id, state }) => `${id} ${state}`),
      ]
        .sort()
        .join();
    return this.#running === undefined && stateOf(seen) !== stateOf(this.#view);
  }

  update(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp) this.#end();
    this.#checkDrift();
    if (hasNewMetadata(before, pod)) this.#refreshVolumes();
    // Most of what comes is the echo of the status that this node has told.
    if (pod === before || isNewWish(before, pod)) this.kick();
  }

  /** The API has no such pod any more: all of it goes, and nobody is told. */
  remove(): void {
    this.#removed = true;
    this.#end();
    this.kick();
  }

  /** Something may be due. */
  kick(): void {
    if (this.#closed || this.#stage === "finished") return;
    this.#due = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      if (this.#due) this.kick();
    });
  }

  /** A ConfigMap or Secret of the pod has changed. */
  contentChanged(): void {
    if (this.#stage !== "syncing") return;
    this.#refreshVolumes();
    if (!this.#volumesReady || this.#reasons.size > 0) this.kick();
  }

  #refreshVolumes(): void {
    if (this.#stage !== "syncing" || !this.#volumesReady) return;
    const { volumes, log } = this.#context;
    volumes.refresh(this.#pod).catch((error: unknown) => {
      log.warn({ err: error, pod: this.uid }, "volumes could not be brought up to date");
    });
  }

  /** The containers go on; the worker does nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.cancel();
    this.#cancelDriftCheck?.();
    this.#interruption.interrupt();
    await this.#running;
  }

  #end(): void {
    const grace = this.#graceSeconds();
    if (this.#grace) this.#grace.shortenTo(grace);
    // What waits (for an image, a hook) need not be waited for; what ends already does so under the new grace period.
    if (this.#stage === "syncing") this.#interruption.interrupt();
  }

  #graceSeconds(): number {
    if (this.#removed) return FORCED_GRACE;
    const { deletionGracePeriodSeconds } = this.#pod.metadata;
    return Math.max(1, deletionGracePeriodSeconds ?? this.#pod.spec?.terminationGracePeriodSeconds ?? 30);
  }

  async #loop(): Promise<void> {
    while (this.#due && !this.#closed && this.#stage !== "finished") {
      this.#due = false;
      this.#wake?.cancel();
      this.#wake = undefined;
      try {
        await this.#sync();
        this.#failures = 0;
      } catch (error) {
        if (error instanceof Interrupted) continue;
        this.#retryAfter(error);
      }
    }
  }

  #retryAfter(error: unknown): void {
    const { clock, log } = this.#context;
    if (error instanceof RuntimeUnavailableError) {
      this.#wakeAt(clock.elapsed() + ENGINE_RETRY);
      return;
    }
    const level = error instanceof VolumeError ? "debug" : "warn";
    log[level]({ err: error, pod: refOf(this.#pod) }, "pod sync failed");
    this.#wakeAt(clock.elapsed() + Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.#failures++));
  }

  /** `at`: by Clock.elapsed(). */
  #wakeAt(at: number): void {
    if (this.#closed || (this.#wake && this.#wake.at <= at)) return;
    this.#wake?.cancel();
    this.#wake = {
      at,
      cancel: this.#context.clock.after(Math.max(0, at - this.#context.clock.elapsed()), () => this.kick()),
    };
  }

  async #sync(): Promise<void> {
    if (!this.#closed && this.#stage === "syncing") this.#interruption = new Interruption();
    await this.#look();
    if (this.#stage === "terminated") {
      this.#publish(true);
      return await this.#letGo();
    }
    if (this.#stage === "terminating" || this.#removed || this.#pod.metadata.deletionTimestamp)
      return await this.#terminate();
    this.#enforceDeadline();
    this.#resize.admit(this.#pod);
    this.#publish(false);
    if (this.#ended || isTerminal(this.#status.phase)) return await this.#terminate();
    await this.#setUpVolumes();

    const { clock } = this.#context;
    const pod = this.allocatedPod;
    const actions = computePodActions(pod, this.#view, this.#context.results);
    const outcome = await executeActions(this.#context, {
      pod,
      view: this.#view,
      actions,
      reasons: this.#reasons,
      previous: this.#status,
      graceSeconds: this.#graceSeconds(),
      interruption: this.#interruption,
      progress: async () => {
        await this.#look();
        this.#publish(false);
        this.#probe();
        return this.#view;
      },
    });
    await this.#look();
    if (await this.#resize.actuate(pod, this.#view)) await this.#look();
    this.#resize.settle(pod, this.#view);
    this.#publish(false);
    this.#probe();
    if (this.#resize.waits) this.#wakeAt(clock.elapsed() + RESIZE_RETRY);
    if (outcome.retryAt !== undefined) this.#wakeAt(Math.max(outcome.retryAt, clock.elapsed() + 1));
    // The runtime's events bring the next sync; what this one has made terminal is dealt with at once.
    if (isTerminal(this.#status.phase) || this.#pod.metadata.deletionTimestamp) this.#due = true;
  }

  async #look(): Promise<void> {
    this.#view = podView(this.uid, await this.#context.runtime.list(this.uid));
    for (const state of this.#view.containers) {
      if (state.state !== "exited" || this.#messages.has(state.id)) continue;
      const spec = findContainer(this.#pod, state.name);
      if (!spec) continue;
      const { dataDir, runtime } = this.#context;
      this.#messages.set(state.id, await terminationMessage(dataDir, state, spec.container, runtime));
    }
  }

  #publish(terminated: boolean): void {
    const { clock, node, results, reporter } = this.#context;
    const { refusal, failure } = this.#resize;
    this.#status = computePodStatus({
      pod: this.allocatedPod,
      resize: { ...(refusal ? { refusal } : {}), ...(failure === undefined ? {} : { failure }) },
      previous: this.#status,
      view: this.#view,
      probes: results,
      reasons: this.#reasons,
      messages: this.#messages,
      now: apiTime(clock.now()),
      nodeIps: node.ips(),
      ...(this.#ended ? { ended: this.#ended } : {}),
      terminated,
    });
    this.#told = this.#toTell(terminated);
    if (!this.#removed) reporter.report(refOf(this.#pod), this.#told);
  }

  /** That a pod is over is told when nothing of it runs any more: others take its resources and its place then. */
  #toTell(terminated: boolean): PodStatus {
    const runs = this.#view.containers.some(({ state }) => state === "running");
    if (terminated || !runs || !isTerminal(this.#status.phase) || isTerminal(this.#told.phase)) return this.#status;
    const { reason: _reason, message: _message, ...status } = this.#status;
    return { ...status, phase: this.#told.phase ?? "Pending" };
  }

  #enforceDeadline(): void {
    const seconds = this.#pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined || this.#status.startTime === undefined) return;
    const { clock } = this.#context;
    const left = Date.parse(this.#status.startTime) + seconds * 1000 - clock.now();
    if (this.#ended || isTerminal(this.#status.phase)) return;
    if (left > 0) {
      this.#wakeAt(clock.elapsed() + left);
      return;
    }
    const message = "Pod was active on the node longer than the specified deadline";
    this.#ended = { reason: "DeadlineExceeded", message };
    emit(this.#context, this.#pod, undefined, "Normal", "DeadlineExceeded", message);
  }

  async #setUpVolumes(): Promise<void> {
    if (this.#volumesReady) return;
    try {
      await this.#context.volumes.setUp(this.#pod);
      this.#volumesReady = true;
    } catch (error) {
      if (error instanceof VolumeError) {
        emit(this.#context, this.#pod, undefined, "Warning", "FailedMount", error.message);
      }
      throw error;
    }
  }

  /** Begins the probes of what runs; those of what has ended are forgotten. */
  #probe(): void {
    const { probes, results, node } = this.#context;
    const podIp = this.sandbox?.ips[0] ?? node.ips()[0] ?? "127.0.0.1";
    for (const state of this.#view.containers) {
      const spec = findContainer(this.#pod, state.name);
      if (state.state !== "running") {
        probes.stop(state.id);
        results.forget(state.id);
      } else if (spec) {
        probes.start({
          pod: { ...this.#pod, status: this.#status },
          container: spec.container,
          containerId: state.id,
          podIp: this.#pod.spec?.hostNetwork ? "127.0.0.1" : podIp,
          startedAt: state.startedAt ?? state.createdAt,
        });
      }
    }
  }

  async #terminate(): Promise<void> {
    const { clock } = this.#context;
    this.#stage = "terminating";
    this.#grace ??= new Grace(clock, this.#graceSeconds());
    this.#publish(false);
    const podIp = this.#status.podIP ?? "127.0.0.1";
    const ending = killPod(this.#context, this.#pod, this.#view, { grace: this.#grace, podIp });
    await this.#unlessClosed(ending);
    await this.#look();
    if (this.#view.containers.some(({ state }) => state === "running")) throw new Error("containers are still running");
    this.#stage = "terminated";
    this.#publish(true);
    await this.#letGo();
  }

  /** Waits that would hold up the agent's own end are given up; the engine finishes them by itself. */
  async #unlessClosed<T>(work: Promise<T>): Promise<T> {
    const interruption = new Interruption();
    if (this.#closed) interruption.interrupt();
    this.#interruption = interruption;
    return await interruption.unless(work);
  }

  /** Everything has ended. What is left goes when the API object goes. */
  async #letGo(): Promise<void> {
    const { reporter, link } = this.#context;
    if (!this.#removed && !this.#pod.metadata.deletionTimestamp) return;
    if (!this.#removed && (await this.#unlessClosed(reporter.settled(this.uid))) === "gone") this.#removed = true;
    await this.#cleanUp();
    if (!this.#removed) await link.confirmPodStopped(refOf(this.#pod));
    this.#stage = "finished";
    this.#wake?.cancel();
    this.#cancelDriftCheck?.();
    reporter.forget(this.uid);
    this.#finished(this.uid);
  }

  async #cleanUp(): Promise<void> {
    const { runtime, volumes, images, crashes, results, probes } = this.#context;
    for (const { id } of this.#view.containers) {
      probes.stop(id);
      results.forget(id);
    }
    await Promise.all(this.#view.containers.map(({ id }) => runtime.removeContainer(id)));
    await Promise.all(this.#view.sandboxes.map(({ id }) => runtime.removeSandbox(id)));
    await volumes.tearDown(this.uid);
    images.forget(this.uid);
    crashes.forget(`${this.uid}_`);
  }

  /** Others may write a pod's status too (a node that was thought lost): what this node knows is told again then. */
  #checkDrift(): void {
    const ready = (status: PodStatus | undefined) => status?.conditions?.find(({ type }) => type === "Ready")?.status;
    const drifted = () =>
      this.#told.phase !== undefined &&
      (this.#pod.status?.phase !== this.#told.phase || ready(this.#pod.status) !== ready(this.#told));
    if (!drifted() || this.#cancelDriftCheck) return;
    this.#cancelDriftCheck = this.#context.clock.after(DRIFT_CHECK, () => {
      this.#cancelDriftCheck = undefined;
      if (!drifted() || this.#stage === "finished") return;
      this.#context.reporter.invalidate(this.uid);
      this.kick();
    });
  }
}
