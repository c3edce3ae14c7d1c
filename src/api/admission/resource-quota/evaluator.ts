import { StatusError } from "../../../machinery/status/error.ts";
import type { ResourceQuota } from "../../../machinery/types/core/v1.ts";
import type { AdmissionRequest } from "../types.ts";
import { charged } from "./check.ts";

interface Waiter {
  readonly request: AdmissionRequest;
  readonly accept: () => void;
  readonly refuse: (error: unknown) => void;
}

export interface QuotaAccess {
  quotas(namespace: string): Promise<readonly ResourceQuota[]>;
  /** Compare-and-swap on the quota's resourceVersion; throws StatusError Conflict. */
  writeStatus(quota: ResourceQuota): Promise<void>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Lost races with the quota controller and with clients are tried again so often. */
const maxAttempts = 8;

/**
 * Charges requests against the quotas of their namespace. One round at a time runs for a namespace and takes everybody who
 * waits: each is judged against what those before it have left, and all share one write of each quota. Nobody is told yes
 * before the charge is durable, so that two requests can never both have the last of anything.
 */
export class QuotaEvaluator {
  readonly #access: QuotaAccess;
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(access: QuotaAccess) {
    this.#access = access;
  }

  /** Throws the refusal. */
  evaluate(request: AdmissionRequest): Promise<void> {
    return new Promise((accept, refuse) => {
      const waiter = { request, accept, refuse };
      const waiting = this.#waiting.get(request.namespace);
      if (waiting) waiting.push(waiter);
      else {
        this.#waiting.set(request.namespace, [waiter]);
        void this.#work(request.namespace);
      }
    });
  }

  async #work(namespace: string): Promise<void> {
    for (;;) {
      const round = this.#waiting.get(namespace) ?? [];
      if (round.length === 0) {
        this.#waiting.delete(namespace);
        return;
      }
      this.#waiting.set(namespace, []);
      try {
        await this.#round(namespace, round);
      } catch (error) {
        for (const { refuse } of round) refuse(error);
      }
    }
  }

  async #round(namespace: string, round: readonly Waiter[]): Promise<void> {
    // A quota that was written in an earlier attempt has the charge of those who still wait.
    const done = new Set<string>();
    let waiting = round;
    for (let attempt = 1; ; attempt++) {
      const present = (await this.#access.quotas(namespace)).filter(({ metadata }) => !done.has(metadata.name ?? ""));
      const { accepted, quotas } = this.#judge(present, waiting);
      waiting = accepted;
      let conflict: unknown;
      for (const [i, quota] of quotas.entries()) {
        if (quota === present[i]) continue;
        try {
          await this.#access.writeStatus(quota);
          done.add(quota.metadata.name ?? "");
        } catch (error) {
          if (!isLostRace(error)) throw error;
          conflict = error;
        }
      }
      if (conflict === undefined) break;
      if (attempt === maxAttempts) throw conflict;
    }
    for (const { accept } of waiting) accept();
  }

  /** Refuses those who do not fit; a dry run is judged and takes nothing. */
  #judge(
    present: readonly ResourceQuota[],
    waiting: readonly Waiter[],
  ): { accepted: Waiter[]; quotas: readonly ResourceQuota[] } {
    const accepted: Waiter[] = [];
    let quotas = present;
    for (const waiter of waiting) {
      try {
        const next = charged(quotas, waiter.request, this.#access.now());
        if (!waiter.request.dryRun) quotas = next;
        accepted.push(waiter);
      } catch (error) {
        waiter.refuse(error);
      }
    }
    return { accepted, quotas };
  }
}

function isLostRace(error: unknown): boolean {
  return error instanceof StatusError && (error.reason === "Conflict" || error.reason === "NotFound");
}
