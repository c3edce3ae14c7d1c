import type { Client, EventRecorder, InformerFactory } from "../api/client/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { keyOf } from "../machinery/meta/object.ts";
import type { MetricRegistry } from "../machinery/metrics/registry.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { Node, Pod } from "../machinery/types/core/v1.ts";
import { bind, RefusedError, reserve, unreserve } from "./binding-cycle.ts";
import { ClusterCache } from "./cluster-cache.ts";
import { signPod } from "./framework/compiled-pod.ts";
import { type Diagnosis, diagnosisMessage, refusingPlugins } from "./framework/diagnosis.ts";
import type { ClusterEvent, Plugin, PostFilterResult, Profile } from "./framework/types.ts";
import { Nominations } from "./nominations.ts";
import { Planner } from "./planner.ts";
import { defaultBinder } from "./plugins/default-binder.ts";
import { defaultPreemption } from "./plugins/default-preemption.ts";
import { defaultProfile } from "./plugins/default-profile.ts";
import { PodStatusWriter } from "./pod-status-writer.ts";
import { type QueuedPod, SchedulingQueue } from "./queue/scheduling-queue.ts";
import { SchedulerMetrics } from "./scheduler-metrics.ts";
import { createPodInfo, type PodInfo } from "./snapshot/pod-info.ts";

export interface SchedulerOptions {
  /** Acts as system:kube-scheduler. */
  readonly client: Client;
  /** The scheduler asks for pods and nodes and starts them. */
  readonly informers: InformerFactory;
  /** A recorder whose component is "default-scheduler". */
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  /** Only pods that name it are taken; default "default-scheduler". */
  readonly schedulerName?: string;
  /** Default: defaultProfile(). DefaultBinder and DefaultPreemption are added where no plugin binds or makes room. */
  readonly profile?: Profile;
  /** Where the scheduler's figures are to be seen. */
  readonly metrics?: MetricRegistry;
}

export interface RunningScheduler {
  /** Resolves when the bindings under way have ended. The informers are the caller's to stop, afterwards. */
  stop(): Promise<void>;
  /** Why the pod ("namespace/name") found no node at its last attempt; undefined where it has one or was not tried. */
  diagnosisOf(podKey: string): Diagnosis | undefined;
}

const podResource = { group: "", version: "v1", resource: "pods" };
const nodeResource = { group: "", version: "v1", resource: "nodes" };
const bindingsLimit = 256;
/** So many ms of planning at a stretch, then others have their turn. */
const slice = 5;

export function startScheduler(options: SchedulerOptions): RunningScheduler {
  const scheduler = new Scheduler(options);
  scheduler.start();
  return scheduler;
}

class Scheduler implements RunningScheduler {
  readonly #options: SchedulerOptions;
  readonly #name: string;
  readonly #profile: Profile;
  readonly #cache = new ClusterCache((event) => this.#wake(event));
  readonly #nominations: Nominations;
  readonly #planner: Planner;
  readonly #queue: SchedulingQueue;
  readonly #statuses: PodStatusWriter;
  readonly #metrics = new SchedulerMetrics();
  readonly #diagnoses = new Map<string, Diagnosis>();
  readonly #bindings = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #synced = false;
  #scheduled = false;

  constructor(options: SchedulerOptions) {
    const { client, clock, log, schedulerName = "default-scheduler", profile = defaultProfile() } = options;
    this.#options = options;
    this.#name = schedulerName;
    const { snapshot } = this.#cache;
    const added: Plugin[] = [];
    if (!profile.some(({ plugin }) => plugin.bind)) added.push(defaultBinder(client));
    if (!profile.some(({ plugin }) => plugin.postFilter)) {
      const { events } = options;
      added.push(defaultPreemption({ client, events, clock, log, snapshot, profile: () => this.#profile }));
    }
    this.#profile = [...profile, ...added.map((plugin) => ({ plugin, weight: 0 }))];
    this.#nominations = new Nominations(snapshot);
    this.#planner = new Planner(this.#profile, this.#cache.snapshot);
    this.#queue = new SchedulingQueue({ clock, ready: () => this.#kick() });
    this.#statuses = new PodStatusWriter(client, clock, log);
    if (options.metrics) this.#metrics.register(options.metrics, this.#queue, schedulerName);
  }

  start(): void {
    const { informers } = this.#options;
    const nodes = informers.informer<Node>(nodeResource);
    const pods = informers.informer<Pod>(podResource);
    nodes.addHandler({
      add: (node) => this.#cache.setNode(node),
      update: (node, old) => this.#cache.setNode(node, old),
      delete: (node) => this.#cache.removeNode(node),
    });
    pods.addHandler({
      add: (pod) => this.#podChanged(pod),
      update: (pod) => this.#podChanged(pod),
      delete: (pod) => this.#podGone(keyOf(pod)),
    });
    informers.start();
    // Nothing is planned before everything that runs is known.
    void Promise.all([nodes.synced(), pods.synced()]).then(() => {
      this.#synced = true;
      this.#kick();
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#queue.close();
    await Promise.all([...this.#bindings, this.#statuses.stop()]);
  }

  diagnosisOf(podKey: string): Diagnosis | undefined {
    return this.#diagnoses.get(podKey);
  }

  #podChanged(pod: Pod): void {
    if (this.#abort.signal.aborted) return;
    const key = keyOf(pod);
    const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    if (ended) {
      this.#podGone(key);
    } else if (pod.spec?.nodeName) {
      this.#leaveQueue(key);
      this.#cache.setAssigned(pod);
    } else if (pod.metadata.deletionTimestamp || (pod.spec?.schedulerName || this.#name) !== this.#name) {
      this.#leaveQueue(key);
    } else if (this.#queue.get(key) || !this.#cache.isPlaced(key, pod.metadata.uid ?? "")) {
      this.#enqueue(pod);
    }
  }

  #podGone(key: string): void {
    this.#leaveQueue(key);
    this.#cache.removeAssigned(key);
  }

  #leaveQueue(key: string): void {
    this.#queue.delete(key);
    this.#diagnoses.delete(key);
    this.#statuses.forget(key);
    this.#nominations.delete(key);
  }

  #enqueue(pod: Pod): void {
    const info = createPodInfo(pod, this.#cache.snapshot.columns);
    if (this.#queue.get(info.key) && this.#queue.get(info.key)?.info.uid !== info.uid) this.#leaveQueue(info.key);
    const refusal = this.#preEnqueue(pod);
    this.#queue.update(info, signPod(info, this.#profile), refusal !== undefined);
    const nominated = pod.status?.nominatedNodeName;
    if (nominated) this.#nominations.set(info, nominated);
    if (refusal)
      this.#statuses.set(info.key, pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates");
  }

  #preEnqueue(pod: Pod) {
    for (const { plugin } of this.#profile) {
      const refusal = plugin.preEnqueue?.(pod);
      if (refusal) return refusal;
    }
    return undefined;
  }

  #wake(event: ClusterEvent): void {
    this.#queue.wake((pod, plugins) => {
      for (const { plugin } of this.#profile) {
        if (plugins.has(plugin.name) && (plugin.mayHelp?.(pod, event) ?? true)) return true;
      }
      // Without any node no plugin has refused; the first node helps.
      return plugins.size === 0 && event.kind === "nodeAdded";
    });
  }

  /** Planning starts a turn later, so that pods that came together are taken by priority. */
  #kick(): void {
    if (this.#scheduled || !this.#synced) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#abort.signal.aborted) this.#schedule();
    });
  }

  #schedule(): void {
    const until = performance.now() + slice;
    while (this.#bindings.size < bindingsLimit) {
      const pod = this.#queue.pop();
      if (!pod) return;
      this.#scheduleOne(pod);
      if (performance.now() > until) {
        this.#kick();
        return;
      }
    }
  }

  #scheduleOne(pod: QueuedPod): void {
    const { info } = pod;
    const start = performance.now();
    const plan = this.#nominations.without(info.key, () => this.#planner.plan(info, pod.signature));
    if (plan.nodeName === undefined) {
      this.#unschedulable(pod, plan.diagnosis);
      this.#metrics.attempted("unschedulable", performance.now() - start);
      return;
    }
    const { nodeName } = plan;
    this.#nominations.delete(info.key);
    this.#cache.assume(info, nodeName);
    try {
      reserve(this.#profile, info, nodeName);
    } catch (error) {
      this.#failed(pod, nodeName, error, start);
      return;
    }
    const binding = bind(this.#profile, info, nodeName, this.#abort.signal).then(
      () => this.#bound(pod, nodeName, start),
      (error: unknown) => this.#failed(pod, nodeName, error, start),
    );
    this.#bindings.add(binding);
    void binding.finally(() => {
      this.#bindings.delete(binding);
      this.#kick();
    });
  }

  #unschedulable(pod: QueuedPod, diagnosis: Diagnosis): void {
    const { info } = pod;
    const result = diagnosis.nodeCount > 0 ? this.#postFilter(info, diagnosis) : undefined;
    const full = result?.message ? { ...diagnosis, postFilter: result.message } : diagnosis;
    this.#diagnoses.set(info.key, full);
    this.#queue.wait(pod, refusingPlugins(diagnosis));
    if (result?.nominatedNode) this.#nominations.set(info, result.nominatedNode);
    else if (result?.nominatedNode === "") this.#nominations.delete(info.key);
    this.#report(pod, "Unschedulable", diagnosisMessage(full), result?.nominatedNode);
  }

  #postFilter(pod: PodInfo, diagnosis: Diagnosis): PostFilterResult | undefined {
    return this.#nominations.without(pod.key, () => {
      for (const { plugin } of this.#profile) {
        const result = plugin.postFilter?.(pod, diagnosis);
        if (result) return result;
      }
      return undefined;
    });
  }

  #bound(pod: QueuedPod, nodeName: string, start: number): void {
    this.#metrics.attempted("scheduled", performance.now() - start);
    this.#metrics.placed(pod.attempts);
    const { key } = pod.info;
    // A new pod may have the name by now.
    if (this.#queue.get(key) === pod) this.#leaveQueue(key);
    this.#options.events.event(pod.info.pod, "Normal", "Scheduled", `Successfully assigned ${key} to ${nodeName}`);
  }

  /** After the plan: the place is given back, and the pod tried again unless there is nothing left to try. */
  #failed(pod: QueuedPod, nodeName: string, error: unknown, start: number): void {
    this.#metrics.attempted(error instanceof RefusedError ? "unschedulable" : "error", performance.now() - start);
    unreserve(this.#profile, pod.info, nodeName);
    if (this.#queue.get(pod.info.key) === pod) this.#cache.forget(pod.info);
    if (this.#abort.signal.aborted) return;
    // Deleted meanwhile.
    if (
      error instanceof StatusError &&
      error.code === 404 &&
      error.status.details?.name === pod.info.pod.metadata.name
    ) {
      if (this.#queue.get(pod.info.key) === pod) this.#leaveQueue(pod.info.key);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof RefusedError) {
      this.#queue.wait(pod, new Set([error.plugin]));
      this.#report(pod, "Unschedulable", message);
      return;
    }
    this.#options.log.debug({ err: error, pod: pod.info.key, node: nodeName }, "binding failed, will retry");
    this.#queue.retry(pod);
    this.#report(pod, "SchedulerError", message);
  }

  #report(pod: QueuedPod, reason: string, message: string, nominatedNode?: string): void {
    const { info } = pod;
    if (this.#queue.get(info.key) !== pod) return;
    this.#options.events.event(info.pod, "Warning", "FailedScheduling", message);
    this.#statuses.set(info.key, info.pod, reason, message, nominatedNode);
  }
}
