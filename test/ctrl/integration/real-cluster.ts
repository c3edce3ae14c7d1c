/** The controllers over the real API server and store, in this process, and a node of a few lines. */
import { type BufferedEventRecorder, createEventRecorder } from "../../../src/api/client/event-recorder.ts";
import { createInformerFactory } from "../../../src/api/client/factory.ts";
import type { Client, InformerFactory } from "../../../src/api/client/types.ts";
import { createApiServer } from "../../../src/api/server.ts";
import type { ApiServer } from "../../../src/api/types.ts";
import { controllerUser, type RunningControllers, startControllers } from "../../../src/ctrl/index.ts";
import { systemClock } from "../../../src/machinery/clock.ts";
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import { type Logger, silentLogger } from "../../../src/machinery/logger.ts";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { openMemoryStore } from "../../../src/store/sqlite/open.ts";
import type { Store } from "../../../src/store/types.ts";

export const podResource = { group: "", version: "v1", resource: "pods" };

export class RealCluster {
  readonly store: Store;
  readonly api: ApiServer;
  /** As an administrator. */
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly warnings: object[] = [];
  readonly #recorders: BufferedEventRecorder[] = [];
  readonly #dying = new Set<string>();
  #controllers: RunningControllers | undefined;
  #nodeWork = Promise.resolve();
  #nodeRuns = true;

  private constructor(store: Store) {
    this.store = store;
    const options = { store, clock: systemClock, log: silentLogger };
    const network = { agentOf: () => undefined, serviceCidr: "10.43.0.0/16", historyWindow: 300_000 };
    this.api = createApiServer({ ...options, ...network });
    this.client = this.api.client({ name: "admin", groups: ["system:masters"] });
    const user = { name: "system:kube-controller-manager", groups: ["system:authenticated"] };
    this.informers = createInformerFactory({ ...options, client: this.api.client(user) });
  }

  static async start(store?: Store): Promise<RealCluster> {
    const cluster = new RealCluster(store ?? (await openMemoryStore()));
    const warnings = cluster.warnings;
    const log: Logger = { ...silentLogger, warn: (fields) => warnings.push(fields), child: () => log };
    cluster.#controllers = await startControllers({
      client: (serviceAccount) => cluster.api.client(controllerUser(serviceAccount)),
      informers: cluster.informers,
      events(component, client) {
        const recorder = createEventRecorder({ client, component, clock: systemClock, log });
        cluster.#recorders.push(recorder);
        return recorder;
      },
      clock: systemClock,
      log,
      definitions: builtinDefinitions,
      rootCertificate: "-----BEGIN CERTIFICATE-----\n",
    });
    cluster.#runNode();
    return cluster;
  }

  /** All but the store, on which another cluster may start. */
  async halt(): Promise<void> {
    this.#nodeRuns = false;
    await this.#controllers?.stop();
    await Promise.all(this.#recorders.map((recorder) => recorder.stop()));
    await this.informers.stop();
    await this.#nodeWork;
    await this.api.close();
  }

  async stop(): Promise<void> {
    await this.halt();
    await this.store.close();
  }

  async flushEvents(): Promise<void> {
    await Promise.all(this.#recorders.map((recorder) => recorder.flush()));
  }

  pods(namespace = "default"): Pod[] {
    return [...this.informers.informer<Pod>(podResource).lister.list(namespace)];
  }

  /** Pods whose image is "broken" never get ready. */
  #runNode(): void {
    const act = (pod: Pod) => {
      if (!this.#nodeRuns) return;
      this.#nodeWork = this.#nodeWork.then(() => this.#act(pod));
    };
    this.informers.informer<Pod>(podResource).addHandler({ add: act, update: act });
  }

  async #act(pod: Pod): Promise<void> {
    const { name = "", namespace, uid = "", deletionTimestamp } = pod.metadata;
    const client = this.client.resource<Pod>(podResource, namespace);
    if (deletionTimestamp) {
      if (this.#dying.has(uid)) return;
      this.#dying.add(uid);
      await client.delete(name, { gracePeriodSeconds: 0 }).catch(() => undefined);
      return;
    }
    if (pod.status?.phase === "Running" || pod.spec?.containers[0]?.image === "broken") return;
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const ready = { type: "Ready", status: "True", lastTransitionTime: now };
    const patch = { status: { phase: "Running", conditions: [ready] } };
    await client.patch(name, { type: "merge", patch }, { subresource: "status" }).catch(() => undefined);
  }
}

/** Asks until the answer satisfies. */
export async function until<T>(ask: () => T | Promise<T>, satisfies: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (Date.now() > end) throw new Error(`never came about; last seen: ${JSON.stringify(answer, undefined, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
