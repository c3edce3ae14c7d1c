import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { GroupVersionResource, KubeObject } from "../../machinery/meta/object.ts";
import { CachingInformer } from "./informer.ts";
import type { Client, Informer, InformerFactory } from "./types.ts";

export interface InformerFactoryOptions {
  /** Whose identity lists and watches. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Spreads retries; 0 ≤ random() < 1. */
  readonly random?: () => number;
}

export function createInformerFactory(options: InformerFactoryOptions): InformerFactory {
  const { client, clock, log, random = Math.random } = options;
  // Informers of different kinds live in one map; informer<T>() is where a caller says what T its kind has.
  const informers = new Map<string, CachingInformer<never>>();
  let stopped = false;

  return {
    informer<T extends KubeObject>({ group, version, resource }: GroupVersionResource): Informer<T> {
      const key = `${group}/${version}/${resource}`;
      const known = informers.get(key);
      if (known) return known as unknown as Informer<T>;
      const informer = new CachingInformer<T>({
        resource: client.resource<T>({ group, version, resource }),
        clock,
        log: log.child({ resource: group === "" ? resource : `${resource}.${group}` }),
        random,
      });
      informers.set(key, informer as unknown as CachingInformer<never>);
      return informer;
    },

    known({ group, version, resource }: GroupVersionResource): Informer<KubeObject> | undefined {
      return informers.get(`${group}/${version}/${resource}`) as unknown as Informer<KubeObject> | undefined;
    },

    start(): void {
      if (stopped) return;
      for (const informer of informers.values()) informer.start();
    },

    async synced(): Promise<void> {
      const started = [...informers.values()].filter((informer) => informer.started);
      await Promise.all(started.map((informer) => informer.synced()));
    },

    async stop(): Promise<void> {
      stopped = true;
      await Promise.all([...informers.values()].map((informer) => informer.stop()));
    },
  };
}
