/** When each node was last heard of, by our own count of time: clocks, that of a node and our own, may be wrong. */
import type { Clock } from "../../machinery/clock.ts";
import type { Lease } from "../../machinery/types/coordination/v1.ts";
import type { Node, NodeCondition } from "../../machinery/types/core/v1.ts";
import { readyCondition } from "./node-taints.ts";

/** Silence for longer than this makes a node Unknown. */
const gracePeriod = 50_000;
/** For a node that has never posted its status. */
const startupGracePeriod = 60_000;

interface Heard {
  /** By Clock.elapsed(). */
  at: number;
  heartbeat: string | undefined;
  renewed: string | undefined;
}

export class NodeHealth {
  readonly #clock: Clock;
  readonly #heard = new Map<string, Heard>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of what node and lease say now; true when the node has been silent for too long. */
  isSilent(node: Node, lease: Lease | undefined): boolean {
    const now = this.#clock.elapsed();
    const name = `${node.metadata.name}`;
    const ready = readyCondition(node);
    const heartbeat = ready?.lastHeartbeatTime;
    const renewed = lease?.spec?.renewTime;
    const known = this.#heard.get(name);
    if (!known) {
      const age = ready ? 0 : this.#clock.now() - Date.parse(node.metadata.creationTimestamp ?? "") || 0;
      const at = now - Math.max(0, age);
      this.#heard.set(name, { at, heartbeat, renewed });
    } else {
      if (
        (renewed !== undefined && renewed !== known.renewed) ||
        (heartbeat !== undefined && heartbeat !== known.heartbeat)
      ) {
        known.at = now;
      }
      known.heartbeat = heartbeat;
      known.renewed = renewed;
    }
    return now > (this.#heard.get(name)?.at ?? now) + (ready ? gracePeriod : startupGracePeriod);
  }

  forget(name: string): void {
    this.#heard.delete(name);
  }

  /** After a time in which no node could be heard every one gets its grace period again. */
  hearAll(): void {
    for (const heard of this.#heard.values()) heard.at = this.#clock.elapsed();
  }
}

const types = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** The conditions of a node that is silent; the very same list where they say so already. */
export function silentConditions(node: Node, now: string): readonly NodeCondition[] {
  const current = node.status?.conditions ?? [];
  let changed = false;
  const next = current.map((condition) => {
    if (!types.includes(condition.type) || condition.status === "Unknown") return condition;
    changed = true;
    return {
      ...condition,
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastTransitionTime: now,
    };
  });
  for (const type of types) {
    if (current.some((condition) => condition.type === type)) continue;
    changed = true;
    next.push({
      type,
      status: "Unknown",
      reason: "NodeStatusNeverUpdated",
      message: "Kubelet never posted node status.",
      lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
      lastTransitionTime: now,
    });
  }
  return changed ? next : current;
}
