/**
 * Keeps the kernel's table as the policies are: changes are gathered for a few milliseconds and go in as one transaction; when
 * one fails, or the table has been taken away, the whole is put in anew. When the agent ends the rules stay.
 */
import type { DesiredKind, DesiredStateSink } from "../../../../proto/agent.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Logger } from "../../../machinery/logger.ts";
import type { Pod } from "../../../machinery/types/core/v1.ts";
import type { Nft } from "../nft.ts";
import { PolicyDirectory, policyKinds } from "./policy-directory.ts";
import { policyPod } from "./policy-pod.ts";
import { PolicyRules, type PolicyState } from "./policy-rules.ts";
import {
  type AppliedPolicies,
  appliedOf,
  changesText,
  isIsolating,
  nothingApplied,
  type PolicyTableOptions,
  policyChain,
  policyTableName,
  removalText,
  wholeText,
} from "./policy-table.ts";
import { createRoutedBridge, type RoutedBridge } from "./routed-bridge.ts";

export interface PolicyEnforcerOptions {
  readonly nodeName: string;
  readonly nft: Nft;
  readonly clock: Clock;
  readonly log: Logger;
}

const GATHER = 4;
const CHECK_INTERVAL = 60_000;
const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;

export class PolicyEnforcer {
  readonly kinds: readonly DesiredKind[] = policyKinds;
  readonly #options: PolicyEnforcerOptions;
  /** Undefined until it is known where this node's pods are; null: not on this machine. */
  #table: PolicyTableOptions | null | undefined;
  #bridge: RoutedBridge | undefined;
  readonly #rules: PolicyRules;
  readonly #directory: PolicyDirectory;
  /** Undefined: nobody knows what is there. */
  #applied: AppliedPolicies | undefined;
  #dirty = true;
  #retry = 0;
  #cancelSync: (() => void) | undefined;
  #cancelCheck: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  #stopped = false;

  constructor(options: PolicyEnforcerOptions) {
    this.#options = options;
    this.#rules = new PolicyRules(options.nodeName);
    this.#directory = new PolicyDirectory(this.#rules, () => this.#change());
  }

  /**
   * `podInterface`: the bridge of this node's pods. `bridgeFiltered`: the kernel shows its packets to the rules. Only the first
   * call counts.
   */
  start(podInterface: string, bridgeFiltered: boolean): void {
    if (this.#table) return;
    if (!bridgeFiltered) this.#bridge = createRoutedBridge(podInterface);
    this.#table = { name: policyTableName(podInterface), podInterface };
    this.#schedule(0);
    this.#checkLater();
  }

  /** This node's pods are out of reach: nothing can be enforced, and nobody is to wait for it. */
  giveUp(): void {
    this.#table = null;
    this.#settle();
  }

  /** To be subscribed to the server for `kinds`. Nothing is put in before it is complete: older rules hold until then. */
  get sink(): DesiredStateSink {
    return this.#directory;
  }

  /**
   * Resolves when the rules for a pod with these addresses are in force: to be awaited before its first container starts.
   * Waits as long as the kernel refuses them, for a pod must not run without; rejects only when the enforcer is stopped.
   */
  async isolate(pod: Pod, ips: readonly string[]): Promise<void> {
    if (!this.#applied) await this.settled();
    const { nodeName } = this.#options;
    this.#rules.setOwnPod({ ...policyPod(pod, ips), nodeName });
    await this.#bridge?.takeIn();
    if (this.#table === null || ips.every((ip) => this.#isInForce(ip))) return;
    this.#change();
    await this.settled();
    if (this.#stopped) throw new Error("the agent is stopping");
  }

  #isInForce(ip: string): boolean {
    const { ingress, egress } = this.#rules.state();
    const applied = this.#applied;
    return (
      applied !== undefined &&
      applied.ingress.get(ip) === ingress.get(ip)?.name &&
      applied.egress.get(ip) === egress.get(ip)?.name
    );
  }

  /** Resolves when all that is known now is in the kernel. */
  settled(): Promise<void> {
    const inForce = this.#table && this.#directory.isSynced && !this.#dirty && !this.#running;
    if (this.#stopped || this.#table === null || inForce) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSync?.();
    this.#cancelCheck();
    await this.#running;
    this.#settle();
  }

  #change(): void {
    this.#dirty = true;
    this.#schedule(GATHER);
  }

  #schedule(delay: number): void {
    const table = this.#table;
    if (this.#stopped || !table || !this.#directory.isSynced || this.#cancelSync || this.#running) return;
    this.#cancelSync = this.#options.clock.after(delay, () => {
      this.#cancelSync = undefined;
      this.#running = this.#sync(table).finally(() => {
        this.#running = undefined;
        if (this.#dirty) this.#schedule(this.#retry || GATHER);
        else this.#settle();
      });
    });
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #sync(table: PolicyTableOptions): Promise<void> {
    const { nft, log } = this.#options;
    this.#dirty = false;
    const state = this.#rules.state();
    const text = this.#text(table, state);
    if (text === "") return;
    try {
      await nft.apply(text);
      this.#applied = isIsolating(state) ? appliedOf(state) : nothingApplied;
      this.#retry = 0;
    } catch (error) {
      this.#applied = undefined;
      this.#dirty = true;
      this.#retry = Math.min(LAST_RETRY, this.#retry * 2 || FIRST_RETRY);
      log.warn({ err: error, retryIn: this.#retry }, "the rules of NetworkPolicies could not be changed; trying again");
    }
  }

  /** "": nothing to do. */
  #text(table: PolicyTableOptions, state: PolicyState): string {
    const applied = this.#applied;
    if (!isIsolating(state)) return applied === nothingApplied ? "" : removalText(table);
    if (applied === undefined || applied === nothingApplied) return wholeText(table, state);
    return changesText(table, applied, state);
  }

  /** Whoever reloads a firewall may flush everybody's tables. */
  #checkLater(): void {
    const { clock, nft, log } = this.#options;
    this.#cancelCheck = clock.after(CHECK_INTERVAL, () => {
      void (async () => {
        try {
          const expected = this.#applied !== undefined && this.#applied !== nothingApplied && !this.#running;
          const table = this.#table?.name ?? "";
          if (expected && !(await nft.hasTable("ip", table, policyChain))) {
            log.warn({ table }, "somebody has removed the rules of NetworkPolicies: they are put in again");
            this.#applied = undefined;
            this.#change();
          }
        } catch (error) {
          log.debug({ err: error }, "cannot look after the rules of NetworkPolicies");
        }
        if (!this.#stopped) this.#checkLater();
      })();
    });
  }
}
