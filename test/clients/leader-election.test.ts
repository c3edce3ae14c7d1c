/**
 * A controller of a few lines, plain watches and a Lease (https://kubernetes.io/docs/concepts/architecture/leases/): two
 * copies, one of them works. It makes a ConfigMap "copy-of-X" for every "source-X", whatever happens to the server.
 */
import * as k8s from "@kubernetes/client-node";
import { afterEach, expect, it } from "vitest";
import { KlServer } from "../e2e/kl-server.ts";
import { until } from "../e2e/until.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const namespace = "default";
const leaseMs = 1500;

class Copy {
  readonly name: string;
  readonly #core: k8s.CoreV1Api;
  readonly #leases: k8s.CoordinationV1Api;
  readonly #watch: k8s.Watch;
  #leads = false;
  #stopped = false;
  #abort: AbortController | undefined;
  #seen = { version: "", at: 0 };
  /** When it believed to lead, from and to. */
  readonly terms: [from: number, to: number][] = [];

  constructor(name: string, config: k8s.KubeConfig) {
    this.name = name;
    this.#core = config.makeApiClient(k8s.CoreV1Api);
    this.#leases = config.makeApiClient(k8s.CoordinationV1Api);
    this.#watch = new k8s.Watch(config);
    void this.#elect();
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** As a process that is killed: the Lease stays. */
  stop(): void {
    this.#stopped = true;
    this.#resign();
  }

  async #elect(): Promise<void> {
    let renewed = 0;
    while (!this.#stopped) {
      if (await this.#hold().catch(() => false)) {
        renewed = Date.now();
        const term = this.#leads ? this.terms.at(-1) : undefined;
        if (term) term[1] = renewed;
        else {
          this.terms.push([renewed, renewed]);
          this.#leads = true;
          void this.#work();
        }
      } else if (this.#leads && Date.now() - renewed > leaseMs * 0.7) this.#resign();
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  /** Whether the Lease is ours, now renewed. A lost race is a 409: then it is not. */
  async #hold(): Promise<boolean> {
    const spec = { holderIdentity: this.name, leaseDurationSeconds: 2, renewTime: new k8s.V1MicroTime() };
    let lease: k8s.V1Lease;
    try {
      lease = await this.#leases.readNamespacedLease({ namespace, name: "copier" });
    } catch (error) {
      if ((error as { code?: number }).code !== 404) return false;
      await this.#leases.createNamespacedLease({ namespace, body: { metadata: { name: "copier" }, spec } });
      return true;
    }
    const version = lease.metadata?.resourceVersion ?? "";
    if (version !== this.#seen.version) this.#seen = { version, at: Date.now() };
    if (lease.spec?.holderIdentity !== this.name && Date.now() - this.#seen.at < leaseMs) return false;
    await this.#leases.replaceNamespacedLease({ namespace, name: "copier", body: { ...lease, spec } });
    return true;
  }

  #resign(): void {
    this.#leads = false;
    this.#abort?.abort();
  }

  async #work(): Promise<void> {
    while (this.#leads) {
      try {
        const list = await this.#core.listNamespacedConfigMap({ namespace });
        for (const item of list.items) await this.#reconcile(item);
        await new Promise<void>((resolve, reject) => {
          const query = { resourceVersion: list.metadata?.resourceVersion ?? "" };
          const each = (_type: string, object: k8s.V1ConfigMap): void => void this.#reconcile(object).catch(reject);
          this.#watch
            .watch(`/api/v1/namespaces/${namespace}/configmaps`, query, each, () => resolve())
            .then((abort) => {
              this.#abort = abort;
              if (!this.#leads) abort.abort();
            }, reject);
        });
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async #reconcile({ metadata, data = {} }: k8s.V1ConfigMap): Promise<void> {
    const name = metadata?.name ?? "";
    if (!name.startsWith("source-")) return;
    const body = { metadata: { name: name.replace("source-", "copy-of-") }, data: { ...data, by: this.name } };
    await this.#core.createNamespacedConfigMap({ namespace, body }).catch((error: { code?: number }) => {
      if (error.code !== 409) throw error;
    });
  }
}

it("one of two copies works, through restarts and its own end", async () => {
  const server = new KlServer({ args: ["--no-agent"] });
  ends.push(() => server.destroy());
  await server.start();
  const config = new k8s.KubeConfig();
  config.loadFromFile(server.kubeconfig);
  const core = config.makeApiClient(k8s.CoreV1Api);
  const copies = [new Copy("one", config), new Copy("two", config)];
  ends.push(() => {
    for (const copy of copies) copy.stop();
  });
  let made = 0;
  const make = async (): Promise<void> => {
    const name = `source-${made++}`;
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: { v: name } } });
  };
  const copied = (): Promise<unknown> =>
    until(
      async () => (await core.listNamespacedConfigMap({ namespace })).items.map(({ metadata }) => metadata?.name ?? ""),
      (names) => names.filter((name) => name.startsWith("copy-of-")).length === made,
      { timeout: 20_000 },
    );
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await make();
    await copied();
    await server.end(signal);
    await server.start();
    await make();
    await copied();
  }
  // The leader dies without a word: the other takes over when the Lease has run out.
  const leader = copies.find(({ leads }) => leads);
  leader?.stop();
  await make();
  await copied();
  const other = copies.find((copy) => copy !== leader);
  expect(other?.leads).toBe(true);
  const terms = copies.flatMap(({ name, terms: own }) => own.map(([from, to]) => ({ name, from, to })));
  for (const one of terms) {
    for (const two of terms) {
      if (one.name !== two.name) expect(one.from > two.to || two.from > one.to, JSON.stringify(terms)).toBe(true);
    }
  }
}, 90_000);
