/**
 * Keeps the kernel's table as the Services are: changes are gathered for a few milliseconds and go in as one transaction;
 * when one fails, or the table has been taken away, the whole table is put in anew. When the agent ends the rules stay.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Service } from "../../machinery/types/core/v1.ts";
import type { Conntrack } from "./conntrack.ts";
import { targetsOf } from "./endpoints.ts";
import type { Nft } from "./nft.ts";
import { RuleSet } from "./ruleset.ts";
import type { ServiceDirectory } from "./service-directory.ts";
import { serviceRules } from "./service-rules.ts";
import { changesText, type TableOptions, tableText } from "./table.ts";

export interface ServiceProxyOptions {
  readonly directory: ServiceDirectory;
  readonly nft: Nft;
  readonly table: TableOptions;
  readonly nodeName: string;
  readonly zone?: string;
  /** Told of endpoints over UDP that have gone, once the rules lead nobody there. */
  readonly conntrack?: Conntrack;
  /** Called before rules that may lead to pods of this node. */
  readonly beforeSync: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A change seldom comes alone: a rollout changes slices in bursts. */
const GATHER = 4;
const MIN_INTERVAL = 10;
const CHECK_INTERVAL = 60_000;
const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;

export class ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #rules = new RuleSet();
  readonly #dirty = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  readonly #udpEndpoints = new Map<string, ReadonlySet<string>>();
  readonly #udpGone = new Set<string>();
  #whole = true;
  #retry = 0;
  #lastStart = Number.NEGATIVE_INFINITY;
  #cancelSync: (() => void) | undefined;
  #cancelCheck: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
  }

  /** Nothing is put in before the directory is complete: what an earlier agent has left works until then. */
  start(): void {
    const { directory } = this.#options;
    for (const [key] of directory.services()) this.#dirty.add(key);
    directory.listen({
      changed: (key) => {
        this.#dirty.add(key);
        this.#schedule(GATHER);
      },
      synced: () => this.#schedule(0),
    });
    this.#schedule(0);
    this.#checkLater();
  }

  /** Resolves when all that the directory knows now is in the kernel. For tests and measurements. */
  settled(): Promise<void> {
    if (this.#options.directory.isSynced && !this.#whole && this.#dirty.size === 0 && !this.#running) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSync?.();
    this.#cancelCheck();
    await this.#running;
  }

  #schedule(delay: number): void {
    const { clock, directory } = this.#options;
    if (this.#stopped || !directory.isSynced || this.#cancelSync || this.#running) return;
    const wait = Math.max(delay, this.#lastStart + MIN_INTERVAL - clock.elapsed());
    this.#cancelSync = clock.after(wait, () => {
      this.#cancelSync = undefined;
      this.#lastStart = clock.elapsed();
      this.#running = this.#sync().finally(() => {
        this.#running = undefined;
        if (this.#whole || this.#dirty.size > 0) this.#schedule(this.#retry || GATHER);
        else for (const resolve of this.#waiting.splice(0)) resolve();
      });
    });
  }

  async #sync(): Promise<void> {
    const { nft, table, log, beforeSync } = this.#options;
    this.#compile();
    const whole = this.#whole;
    const changes = whole ? undefined : this.#rules.takeChanges();
    if (!whole && !changes) return;
    try {
      await beforeSync();
      await nft.apply(changes ? changesText(table, changes) : tableText(table, this.#rules.takeAll()));
      this.#whole = false;
      this.#retry = 0;
      const gone = [...this.#udpGone];
      this.#udpGone.clear();
      await this.#options.conntrack?.forget(gone);
    } catch (error) {
      this.#whole = true;
      this.#retry = Math.min(LAST_RETRY, this.#retry * 2 || FIRST_RETRY);
      log.warn(
        { err: error, retryIn: this.#retry },
        "the rules for Services could not be changed; trying the whole table",
      );
    }
  }

  #compile(): void {
    const { directory, table, nodeName, zone } = this.#options;
    const context = {
      family: table.family,
      nodeName,
      podInterface: table.podInterface,
      ...(zone === undefined ? {} : { zone }),
    };
    for (const key of this.#dirty) {
      const service = directory.service(key);
      this.#learnUdp(key, service);
      this.#rules.replace(key, service ? serviceRules(service, directory.slices(key), context) : undefined);
    }
    this.#dirty.clear();
  }

  /** What a client may have been led to over UDP, and is not any more. */
  #learnUdp(key: string, service: Service | undefined): void {
    const before = this.#udpEndpoints.get(key);
    if (!before && !service?.spec?.ports?.some(({ protocol }) => protocol === "UDP")) return;
    const ports = service?.spec?.ports?.filter(({ protocol }) => protocol === "UDP") ?? [];
    const { table, nodeName, directory } = this.#options;
    const now = new Set(
      ports.flatMap(({ name = "" }) => {
        const port = { name, protocol: "udp" } as const;
        const { cluster } = targetsOf(port, directory.slices(key), table.family, { nodeName });
        return cluster.map(({ address }) => address);
      }),
    );
    if (now.size > 0) this.#udpEndpoints.set(key, now);
    else this.#udpEndpoints.delete(key);
    for (const address of before ?? []) if (!now.has(address)) this.#udpGone.add(address);
  }

  /** Whoever reloads a firewall may flush everybody's tables. */
  #checkLater(): void {
    const { clock, nft, table, log } = this.#options;
    this.#cancelCheck = clock.after(CHECK_INTERVAL, () => {
      void (async () => {
        try {
          if (!this.#whole && !this.#running && !(await nft.hasTable(table.family, table.name))) {
            log.warn({ table: table.name }, "somebody has removed the rules for Services: they are put in again");
            this.#whole = true;
            this.#schedule(0);
          }
        } catch (error) {
          log.debug({ err: error }, "cannot look after the rules for Services");
        }
        if (!this.#stopped) this.#checkLater();
      })();
    });
  }
}
