/** The pod workers of the node: one for each pod uid, and the end of whatever runs without a pod. */
import type { PodRef } from "../../../proto/agent.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { findContainer } from "../container/kinds.ts";
import type { ProbeKind, ProbeSink } from "../probes/types.ts";
import { RuntimeUnavailableError } from "../runtime/types.ts";
import type { RunningPod } from "../stats/types.ts";
import { isTerminal } from "../status/pod-status.ts";
import type { PodDirectory, PodOnNode } from "../streams/types.ts";
import { emit, type PodContext, refOf } from "./context.ts";
import { podView } from "./view.ts";
import { PodWorker } from "./worker.ts";

/** What the runtime itself missed telling is found by looking at everything this often. */
const RELIST_EVERY = 30_000;
const ORPHAN_GRACE_SECONDS = 1;

export class PodWorkers implements PodDirectory, ProbeSink {
  #context: PodContext | undefined;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that are gone from the API, and whose remains are being ended. */
  readonly #endings = new Set<string>();
  #unwatch: (() => void) | undefined;
  #cancelRelist: (() => void) | undefined;
  #synced = false;
  #closed = false;

  /** Begins to listen to the runtime. `engineBack` is called whenever the engine (again) begins to tell its events. */
  start(context: PodContext, engineBack: () => void): void {
    this.#context = context;
    this.#unwatch = context.runtime.watch({
      changed: (podUid) => this.#workers.get(podUid)?.kick(),
      resync: () => {
        engineBack();
        this.#resync();
      },
    });
    this.#scheduleRelist();
  }

  set(pod: Pod): void {
    const context = this.#context;
    const uid = pod.metadata.uid;
    if (!context || this.#closed || uid === undefined) return;
    const known = this.#workers.get(uid);
    const worker = known ?? new PodWorker(context, pod, (finished) => this.#workers.delete(finished));
    this.#workers.set(uid, worker);
    worker.update(pod);
  }

  remove(podUid: string): void {
    this.#workers.get(podUid)?.remove();
  }

  /** Everything the server wants is known: what runs besides can go. */
  synced(): void {
    this.#synced = true;
    this.#removeOrphans();
  }

  contentChanged(uses: (pod: Pod) => boolean): void {
    for (const worker of this.#workers.values()) {
      if (uses(worker.pod)) worker.contentChanged();
    }
  }

  /** What the pod's volumes show has changed (a token was renewed). */
  refreshVolumes(podUid: string): void {
    this.#workers.get(podUid)?.contentChanged();
  }

  /** What the node has agreed to for all other pods that are not over. */
  *allocatedBeside({ metadata: { uid } }: Pod): Iterable<Pod> {
    for (const worker of this.#workers.values()) {
      if (worker.uid !== uid && !isTerminal(worker.status.phase)) yield worker.allocatedPod;
    }
  }

  /** Pods with the runtime's ids of their containers that run. */
  *running(): Iterable<RunningPod> {
    for (const { pod, status } of this.#workers.values()) {
      const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
      const containers = statuses
        .filter(({ state }) => state?.running !== undefined)
        .map(({ name, containerID = "" }) => ({ name, id: containerID.slice(containerID.indexOf("://") + 3) }));
      if (containers.length > 0) yield { pod: refOf(pod), containers };
    }
  }

  podOf(ref: PodRef): PodOnNode | undefined {
    const worker = this.#workers.get(ref.uid);
    if (!worker) return undefined;
    const { pod, status, sandbox } = worker;
    return { pod, status, ...(sandbox ? { sandbox } : {}) };
  }

  get count(): number {
    return this.#workers.size;
  }

  result(containerId: string, kind: ProbeKind, success: boolean): void {
    this.#context?.results.set(containerId, kind, success);
    this.#ownerOf(containerId)?.worker.kick();
  }

  failed(containerId: string, _kind: ProbeKind, message: string): void {
    const owner = this.#ownerOf(containerId);
    if (!owner || !this.#context) return;
    const { pod } = owner.worker;
    emit(this.#context, pod, findContainer(pod, owner.name), "Warning", "Unhealthy", message);
  }

  #ownerOf(containerId: string): { readonly worker: PodWorker; readonly name: string } | undefined {
    for (const worker of this.#workers.values()) {
      const { containerStatuses = [], initContainerStatuses = [] } = worker.status;
      const found = [...containerStatuses, ...initContainerStatuses].find(
        ({ containerID }) => containerID === `docker://${containerId}`,
      );
      if (found) return { worker, name: found.name };
    }
    return undefined;
  }

  #resync(): void {
    for (const worker of this.#workers.values()) worker.kick();
    if (this.#synced) this.#removeOrphans();
  }

  #scheduleRelist(): void {
    this.#cancelRelist = this.#context?.clock.after(RELIST_EVERY, () => {
      this.#relist()
        .catch((error: unknown) => this.#tolerate(error, "containers could not be listed"))
        .finally(() => {
          if (!this.#closed) this.#scheduleRelist();
        });
    });
  }

  /** Kicks the workers whose containers are not in the state that their status shows. */
  async #relist(): Promise<void> {
    if (!this.#context) return;
    const listed = await this.#context.runtime.list();
    for (const worker of this.#workers.values()) if (worker.isStale(podView(worker.uid, listed))) worker.kick();
    if (this.#synced) this.#removeOrphans();
  }

  #removeOrphans(): void {
    this.#endOrphans().catch((error: unknown) =>
      this.#tolerate(error, "what is left of removed pods could not be ended"),
    );
  }

  async #endOrphans(): Promise<void> {
    const context = this.#context;
    if (!context || this.#closed) return;
    const { runtime, volumes, log } = context;
    const listed = await runtime.list();
    const uids = new Set([
      ...listed.sandboxes.map(({ podUid }) => podUid),
      ...listed.containers.map(({ podUid }) => podUid),
      ...(await volumes.podUids()),
    ]);
    for (const uid of uids) {
      if (this.#workers.has(uid) || this.#endings.has(uid)) continue;
      this.#endings.add(uid);
      const { containers, sandboxes } = podView(uid, listed);
      const end = async () => {
        const running = containers.filter(({ state }) => state === "running");
        await Promise.all(running.map(({ id }) => runtime.stopContainer(id, ORPHAN_GRACE_SECONDS)));
        await Promise.all(containers.map(({ id }) => runtime.removeContainer(id)));
        await Promise.all(sandboxes.map(({ id }) => runtime.removeSandbox(id)));
        await volumes.tearDown(uid);
        log.info({ podUid: uid, containers: containers.length }, "removed what was left of a pod that is gone");
      };
      end()
        .catch((error: unknown) => this.#tolerate(error, "what is left of a removed pod could not be ended"))
        .finally(() => this.#endings.delete(uid));
    }
  }

  /** The engine's absence is told by the node's condition; the next resync tries again. */
  #tolerate(error: unknown, message: string): void {
    if (!(error instanceof RuntimeUnavailableError)) this.#context?.log.warn({ err: error }, message);
  }

  /** Stops working; the containers run on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch?.();
    this.#cancelRelist?.();
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
  }
}
