/**
 * The node's signs of life: its Lease every 10 s, its status when something has changed, else every 5 minutes. Until the
 * server has registered the node, registration is what is tried.
 */
import type { ServerLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Node, NodeStatus } from "../../machinery/types/core/v1.ts";
import { statusChanged } from "./status.ts";

const BEAT = 10_000;
const REPORT_EVERY = 300_000;
const IMAGES_EVERY = 60_000;
const LEASE_SECONDS = 40;
const FIRST_RETRY = 200;
const LAST_RETRY = 7000;

export interface HeartbeatOptions {
  readonly link: Pick<ServerLink, "register" | "updateNodeStatus" | "renewLease">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly build: (previous: NodeStatus | undefined, withImages: boolean) => Promise<NodeStatus>;
  readonly nodeOf: (status: NodeStatus) => Node;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #status: NodeStatus | undefined;
  /** What registration begins with. */
  #measured: NodeStatus | undefined;
  /** Whether the cluster takes the node for ready, as it was told last. */
  #toldReady: string | undefined;
  #reportedAt = 0;
  #imagesAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #beating: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  get status(): NodeStatus | undefined {
    return this.#status ?? this.#measured;
  }

  /** Resolves when the status is known for the first time, whether or not the server can be told. */
  async measured(): Promise<void> {
    const { clock, log } = this.#options;
    for (let retry = FIRST_RETRY; !this.#closed; retry = Math.min(retry * 2, LAST_RETRY)) {
      try {
        this.#measured = await this.#build();
        return;
      } catch (error) {
        log.warn({ err: error }, "the host could not be measured");
        await new Promise<void>((resolve) => void clock.after(retry, resolve));
      }
    }
  }

  /** Resolves with the Node once the server has it; tries for as long as that takes. */
  async register(): Promise<Node | undefined> {
    const { link, clock, log, nodeOf } = this.#options;
    let retry = FIRST_RETRY;
    let first = this.#measured;
    while (!this.#closed) {
      try {
        const status = first ?? (await this.#build());
        first = undefined;
        this.#measured = status;
        const node = await link.register(nodeOf(status));
        this.#status = status;
        // A node that was there before keeps its old status until it is told the new one.
        await link.updateNodeStatus(status);
        this.#reportedAt = clock.elapsed();
        await link.renewLease(LEASE_SECONDS);
        this.#schedule();
        return node;
      } catch (error) {
        log.warn({ err: error }, "the node could not be registered");
        await new Promise<void>((resolve) => void clock.after(retry, resolve));
        retry = Math.min(retry * 2, LAST_RETRY);
      }
    }
    return undefined;
  }

  /** The Node as the server has it. Whoever has not heard of this node for a while takes it for lost: it is told better at once. */
  told(node: Node): void {
    this.#toldReady = readyOf(node.status);
    if (this.#disagrees()) this.beat();
  }

  #disagrees(): boolean {
    return this.#toldReady !== undefined && this.#toldReady !== readyOf(this.#status);
  }

  /** Something may have changed (the engine came or went): look now. */
  beat(): void {
    if (this.#closed || this.#status === undefined) return;
    if (this.#beating) {
      this.#again = true;
      return;
    }
    this.#cancel?.();
    this.#beating = this.#beatOnce().finally(() => {
      this.#beating = undefined;
      if (this.#again) {
        this.#again = false;
        this.beat();
      } else this.#schedule();
    });
  }

  async #beatOnce(): Promise<void> {
    const { link, clock, log } = this.#options;
    try {
      await link.renewLease(LEASE_SECONDS);
      const status = await this.#build();
      const isNews = statusChanged(this.#status, status) || this.#disagrees();
      if (!isNews && clock.elapsed() - this.#reportedAt < REPORT_EVERY) return;
      await link.updateNodeStatus(status);
      this.#status = status;
      this.#reportedAt = clock.elapsed();
    } catch (error) {
      log.warn({ err: error }, "the node's status could not be reported");
    }
  }

  async #build(): Promise<NodeStatus> {
    const { build, clock } = this.#options;
    const withImages = clock.elapsed() - this.#imagesAt >= IMAGES_EVERY;
    const status = await build(this.#status, withImages);
    if (withImages) this.#imagesAt = clock.elapsed();
    return status;
  }

  #schedule(): void {
    this.#cancel?.();
    if (!this.#closed) this.#cancel = this.#options.clock.after(BEAT, () => this.beat());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#beating;
  }
}

function readyOf(status: NodeStatus | undefined): string | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status;
}
