/** What the probes have found so far, by container id. */
import type { ProbeKind } from "../probes/types.ts";

export interface ProbeVerdicts {
  /** Undefined: no verdict yet. */
  verdict(containerId: string, kind: ProbeKind): boolean | undefined;
}

export class ProbeResults implements ProbeVerdicts {
  readonly #verdicts = new Map<string, Map<ProbeKind, boolean>>();

  verdict(containerId: string, kind: ProbeKind): boolean | undefined {
    return this.#verdicts.get(containerId)?.get(kind);
  }

  set(containerId: string, kind: ProbeKind, success: boolean): void {
    let verdicts = this.#verdicts.get(containerId);
    if (!verdicts) {
      verdicts = new Map();
      this.#verdicts.set(containerId, verdicts);
    }
    verdicts.set(kind, success);
  }

  forget(containerId: string): void {
    this.#verdicts.delete(containerId);
  }
}
