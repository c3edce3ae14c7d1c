/** Usage as rates: the difference of two readings of the counters. Nothing is read while nobody asks. */
import type { NodeStats, PodRef, PodStats, ResourceUsage } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { ContainerUsage, Runtime } from "../runtime/types.ts";
import { hostUsage } from "./host-usage.ts";
import type { RunningPod } from "./types.ts";

/** Answers younger than this are given again. */
const FRESH = 10_000;
/** A reading older than this says nothing of now: two are made then, this far apart. */
const STALE = 60_000;
const SHORTEST_WINDOW = 1000;
/** A clock that went so much further than time did was set: what was read before has other times. */
const JUMP = 1000;
/** An engine is not asked for more containers at once. */
const AT_ONCE = 16;

export interface UsageSamplerOptions {
  readonly runtime: Pick<Runtime, "containerUsage">;
  readonly clock: Clock;
  readonly running: () => Iterable<RunningPod>;
  readonly host?: (now: number) => ContainerUsage;
}

interface Reading {
  readonly time: number;
  /** By Clock.elapsed(). */
  readonly taken: number;
  readonly host: ContainerUsage;
  readonly pods: readonly { readonly pod: PodRef; readonly containers: readonly ContainerReading[] }[];
  readonly byId: ReadonlyMap<string, ContainerUsage>;
}

interface ContainerReading {
  readonly name: string;
  readonly id: string;
  readonly usage: ContainerUsage;
}

export class UsageSampler {
  readonly #options: UsageSamplerOptions;
  #last: Reading | undefined;
  #answer: { readonly at: number; readonly stats: NodeStats } | undefined;
  #running: Promise<NodeStats> | undefined;

  constructor(options: UsageSamplerOptions) {
    this.#options = options;
  }

  async stats(): Promise<NodeStats> {
    if (this.#answer && this.#options.clock.elapsed() - this.#answer.at < FRESH) return this.#answer.stats;
    this.#running ??= this.#measure().finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  async #measure(): Promise<NodeStats> {
    const { clock } = this.#options;
    let before = this.#last;
    if (before === undefined || this.#isStale(before)) {
      before = await this.#read();
      await new Promise<void>((resolve) => void clock.after(SHORTEST_WINDOW, resolve));
    }
    const now = await this.#read();
    this.#last = now;
    const stats: NodeStats = {
      time: new Date(now.time).toISOString(),
      windowMilliseconds: now.time - before.time,
      node: rate(now.host, before.host),
      pods: now.pods.map(({ pod, containers }) => podStats(pod, containers, before.byId)),
    };
    this.#answer = { at: now.taken, stats };
    return stats;
  }

  async #read(): Promise<Reading> {
    const { clock, runtime, running, host = hostUsage } = this.#options;
    const [time, taken] = [clock.now(), clock.elapsed()];
    const wanted = [...running()];
    const ids = wanted.flatMap(({ containers }) => containers.map(({ id }) => id));
    const byId = new Map<string, ContainerUsage>();
    const work = ids[Symbol.iterator]();
    const reader = async (): Promise<void> => {
      for (const id of work) {
        const usage = await runtime.containerUsage(id);
        if (usage) byId.set(id, usage);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, reader));
    const pods = wanted.map(({ pod, containers }) => ({
      pod,
      containers: containers.flatMap(({ name, id }) => {
        const usage = byId.get(id);
        return usage ? [{ name, id, usage }] : [];
      }),
    }));
    return { time, taken, host: host(time), pods, byId };
  }

  #isStale({ time, taken }: Reading): boolean {
    const { clock } = this.#options;
    const age = clock.elapsed() - taken;
    return age > STALE || Math.abs(clock.now() - time - age) > JUMP;
  }
}

/** A container that was not there before is left out of this answer, as nothing is known of its rate. */
function podStats(
  pod: PodRef,
  containers: readonly ContainerReading[],
  before: ReadonlyMap<string, ContainerUsage>,
): PodStats {
  return {
    pod,
    containers: containers.flatMap(({ name, id, usage }) => {
      const old = before.get(id);
      return old ? [{ name, ...rate(usage, old) }] : [];
    }),
  };
}

function rate(now: ContainerUsage, before: ContainerUsage): ResourceUsage {
  const { time, ...usage } = now;
  const elapsed = Math.max(1, time - before.time);
  const used = Math.max(0, now.cpuNanoseconds - before.cpuNanoseconds);
  return { ...usage, cpuNanoCores: Math.round((used * 1000) / elapsed) };
}
