/** One probe of one container: when it runs, and what its attempts add up to. The rules are those of the kubelet's prober. */
import type { Clock } from "../../machinery/clock.ts";
import type { Probe } from "../../machinery/types/core/v1.ts";
import type { Runtime } from "../runtime/types.ts";
import { attempt } from "./attempt.ts";
import type { Attempt } from "./handler.ts";
import type { ProbeKind, ProbeSink, ProbeTarget } from "./types.ts";

export interface ProbeWorkerOptions {
  readonly target: ProbeTarget;
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly runtime: Pick<Runtime, "execProbe">;
  readonly sink: ProbeSink;
  readonly clock: Clock;
  /** The startup probe has succeeded. */
  readonly started?: () => void;
}

const names: Readonly<Record<ProbeKind, string>> = { startup: "Startup", readiness: "Readiness", liveness: "Liveness" };
/** How often a probe that could not even be made is tried before the next period. */
const maxErrors = 3;

export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  readonly #abort = new AbortController();
  #cancel: () => void = () => undefined;
  /** What the sink was last told, or would assume: a container is alive and not ready until a probe says otherwise. */
  #verdict: boolean | undefined;
  #streak = 0;
  #last: boolean | undefined;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
    this.#verdict = options.kind === "startup" ? undefined : options.kind === "liveness";
  }

  start(): void {
    const { clock, probe, target } = this.#options;
    const delay = (probe.initialDelaySeconds ?? 0) * 1000;
    const wait = Date.parse(target.startedAt) + delay - clock.now();
    // By a clock that was set back it has yet to start.
    this.#schedule(clock.elapsed() + (Number.isNaN(wait) ? delay : Math.min(Math.max(0, wait), delay)));
  }

  stop(): void {
    this.#cancel();
    this.#abort.abort(new Error("the container is no longer probed"));
  }

  /** `at`: by Clock.elapsed(). */
  #schedule(at: number): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(Math.max(0, at - clock.elapsed()), () => void this.#run(at));
  }

  async #run(at: number): Promise<void> {
    const { clock, probe } = this.#options;
    const result = await this.#attempt();
    if (this.#abort.signal.aborted) return;
    this.#report(result);
    if (result.outcome !== "error" && this.#count(result)) return;
    const period = (probe.periodSeconds ?? 10) * 1000;
    // A ticker that drops the ticks it missed: a slow attempt does not move those after it.
    const missed = Math.max(0, Math.floor((clock.elapsed() - at) / period));
    this.#schedule(at + (missed + 1) * period);
  }

  async #attempt(): Promise<Attempt> {
    const { clock, probe, runtime, target } = this.#options;
    const context = { target, clock, signal: this.#abort.signal, timeoutSeconds: probe.timeoutSeconds ?? 1 };
    let result = await attempt(probe, context, runtime);
    for (let tries = 1; result.outcome === "error" && tries < maxErrors && !this.#abort.signal.aborted; tries++) {
      result = await attempt(probe, context, runtime);
    }
    return result;
  }

  #report({ outcome, output }: Attempt): void {
    if (outcome === "success") return;
    const { kind, sink, target } = this.#options;
    const what = outcome === "failure" ? "failed" : "errored and resulted in unknown state";
    sink.failed(target.containerId, kind, `${names[kind]} probe ${what}: ${output}`);
  }

  /** Returns whether this worker has done its work: startup is over, or the container is to be killed. */
  #count({ outcome, output }: Attempt): boolean {
    const { kind, probe, sink, started, target } = this.#options;
    const success = outcome === "success";
    this.#streak = this.#last === success ? this.#streak + 1 : 1;
    this.#last = success;
    const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#streak < threshold) return false;
    if (this.#verdict !== success) {
      this.#verdict = success;
      sink.result(target.containerId, kind, success, output);
    }
    if (kind === "startup" && success) started?.();
    return kind === "startup" || (kind === "liveness" && !success);
  }
}
