import type { Client } from "../api/client/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { Pod, PodCondition } from "../machinery/types/core/v1.ts";

const pods = { group: "", version: "v1", resource: "pods" };
const writers = 16;

/** Writes PodScheduled conditions, of each pod only the latest; what cannot be written is written with the next attempt. */
export class PodStatusWriter {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #queue = new Map<string, { pod: Pod; condition: PodCondition; nominatedNode: string | undefined }>();
  #writing = 0;
  #drained: (() => void)[] = [];

  constructor(client: Client, clock: Clock, log: Logger) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * `key`: the pod's. Nothing is written where the pod says so already. `nominatedNode`: "" takes it away, undefined
   * leaves it as it is.
   */
  set(key: string, pod: Pod, reason: string, message: string, nominatedNode?: string): void {
    const renominated = nominatedNode !== undefined && nominatedNode !== (pod.status?.nominatedNodeName ?? "");
    const current = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
    if (current?.status === "False" && current.reason === reason && current.message === message && !renominated) {
      this.#queue.delete(key);
      return;
    }
    const now = `${new Date(this.#clock.now()).toISOString().slice(0, 19)}Z`;
    const lastTransitionTime = current?.status === "False" ? (current.lastTransitionTime ?? now) : now;
    const condition = { type: "PodScheduled", status: "False", reason, message, lastTransitionTime };
    this.#queue.set(key, { pod, condition, nominatedNode: renominated ? nominatedNode : undefined });
    if (this.#writing < writers) {
      this.#writing++;
      void this.#work();
    }
  }

  forget(key: string): void {
    this.#queue.delete(key);
  }

  /** Drops what waits and resolves when running writes have ended. */
  stop(): Promise<void> {
    this.#queue.clear();
    if (this.#writing === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  async #work(): Promise<void> {
    await Promise.resolve();
    for (;;) {
      const [next] = this.#queue;
      if (!next) break;
      const [key, { pod, condition, nominatedNode }] = next;
      this.#queue.delete(key);
      const { name = "", namespace, uid } = pod.metadata;
      const nomination = nominatedNode === undefined ? {} : { nominatedNodeName: nominatedNode || null };
      const patch = {
        metadata: { uid },
        status: { conditions: [condition], ...nomination },
      };
      try {
        const resource = this.#client.resource<Pod>(pods, namespace);
        await resource.patch(name, { type: "strategic", patch }, { subresource: "status" });
      } catch (error) {
        const gone = error instanceof StatusError && (error.code === 404 || error.code === 409);
        if (!gone) this.#log.warn({ err: error, pod: key }, "the PodScheduled condition could not be written");
      }
    }
    this.#writing--;
    if (this.#writing > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
