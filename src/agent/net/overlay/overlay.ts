/** Keeps the ways to other nodes' pods as the list of nodes wants them. They stay when the agent ends. */
import type { Clock } from "../../../machinery/clock.ts";
import type { Logger } from "../../../machinery/logger.ts";
import type { OverlayKernel } from "./kernel.ts";
import { overlayPlan } from "./plan.ts";
import type { OverlayWish } from "./types.ts";

export interface OverlayOptions {
  readonly kernel: OverlayKernel;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Somebody may take a route or the device away. */
const CHECK_INTERVAL = 60_000;
const FIRST_RETRY = 1000;

export class Overlay {
  readonly #options: OverlayOptions;
  #wish: OverlayWish | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #retry = FIRST_RETRY;
  #cancel: () => void = () => undefined;
  #complaint = "";

  constructor(options: OverlayOptions) {
    this.#options = options;
  }

  /** Resolves when the kernel has been brought in line, or the attempt has failed: it is tried again then. */
  set(wish: OverlayWish): Promise<void> {
    this.#wish = wish;
    return this.#sync();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  #sync(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#cancel();
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const { kernel, clock, log } = this.#options;
    let wait = CHECK_INTERVAL;
    do {
      this.#again = false;
      const wish = this.#wish;
      if (!wish) return;
      try {
        const plan = overlayPlan(wish, await kernel.read(wish.device, wish.clusterCidr));
        if (plan.ip.length + plan.bridge.length > 0) await kernel.apply(plan);
        this.#retry = FIRST_RETRY;
        this.#complaint = "";
        wait = CHECK_INTERVAL;
      } catch (error) {
        const { message } = error as Error;
        if (message !== this.#complaint) log.warn({ err: error }, "pods of other nodes may be out of reach");
        this.#complaint = message;
        wait = this.#retry;
        this.#retry = Math.min(CHECK_INTERVAL, this.#retry * 2);
      }
    } while (this.#again && !this.#stopped);
    if (!this.#stopped) this.#cancel = clock.after(wait, () => void this.#sync());
  }
}
