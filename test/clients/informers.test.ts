/** Informers of @kubernetes/client-node over churn, with connections cut, history gone and the server killed. */
import * as k8s from "@kubernetes/client-node";
import { afterEach, expect, it } from "vitest";
import { configMap, startApi } from "../api/fixture.ts";
import { KlServer } from "../e2e/kl-server.ts";
import { until } from "../e2e/until.ts";
import { CuttingProxy } from "./cutting-proxy.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** What the events alone say there is: name to value. */
interface Mirror {
  readonly seen: Map<string, string>;
  readonly errors: { count: number };
}

async function mirror(config: k8s.KubeConfig): Promise<Mirror> {
  const client = config.makeApiClient(k8s.CoreV1Api);
  const informer = k8s.makeInformer(config, "/api/v1/namespaces/default/configmaps", () =>
    client.listNamespacedConfigMap({ namespace: "default" }),
  );
  const seen = new Map<string, string>();
  const errors = { count: 0 };
  let ended = false;
  const set = ({ metadata, data }: k8s.V1ConfigMap): void => void seen.set(metadata?.name ?? "", data?.v ?? "");
  informer.on("add", set);
  informer.on("update", set);
  informer.on("delete", ({ metadata }) => void seen.delete(metadata?.name ?? ""));
  const again = (): void => {
    if (ended) return;
    errors.count++;
    setTimeout(() => {
      if (!ended) void informer.start().catch(again);
    }, 50);
  };
  informer.on("error", again);
  await informer.start();
  ends.push(() => {
    ended = true;
    return informer.stop();
  });
  return { seen, errors };
}

interface Truth {
  readonly expected: Map<string, string>;
  /** Creates, changes and deletes some ConfigMaps. */
  churn(count: number): Promise<void>;
}

type Ask = (method: string, path: string, body?: object) => Promise<number>;

function truth(ask: Ask): Truth {
  const expected = new Map<string, string>();
  const path = "/api/v1/namespaces/default/configmaps";
  let step = 0;
  return {
    expected,
    async churn(count) {
      for (let i = 0; i < count; i++) {
        step++;
        const name = `m-${(step * 7) % 40}`;
        const value = String(step);
        const exists = expected.has(name);
        if (exists && step % 5 === 0) {
          expect([200, 404]).toContain(await ask("DELETE", `${path}/${name}`));
          expected.delete(name);
        } else {
          const body = configMap(name, { v: value });
          const code = await (exists ? ask("PUT", `${path}/${name}`, body) : ask("POST", path, body));
          expect([200, 201, 409]).toContain(code);
          expected.set(name, value);
        }
      }
    },
  };
}

function sorted(map: ReadonlyMap<string, string>): [string, string][] {
  return [...map].filter(([name]) => name.startsWith("m-")).sort(([a], [b]) => (a < b ? -1 : 1));
}

async function expectSame(mirrors: readonly Mirror[], { expected }: Truth): Promise<void> {
  await until(
    async () => mirrors.map(({ seen }) => sorted(seen)),
    (all) => all.every((one) => JSON.stringify(one) === JSON.stringify(sorted(expected))),
    { timeout: 20_000, interval: 20 },
  );
}

it("lose nothing when connections are cut and history is gone", async () => {
  const api = await startApi();
  ends.push(() => api.close());
  const proxy = new CuttingProxy(api.port);
  ends.push(() => proxy.close());
  const config = new k8s.KubeConfig();
  config.loadFromFile(api.kubeconfig);
  const port = await proxy.listen();
  const [cluster] = config.clusters;
  if (cluster) config.clusters = [{ ...cluster, server: `https://127.0.0.1:${port}` }];
  const mirrors = [await mirror(config), await mirror(config)];
  const made = truth(async (method, path, body) => (await api.ask(method, path, body ? { body } : {})).code);
  for (let round = 0; round < 40; round++) {
    if (round % 2 === 1) proxy.cut();
    await made.churn(60);
    // Whoever was away for long is told 410 and lists again.
    if (round % 5 === 4) await api.store.compact(api.store.revision);
  }
  await expectSame(mirrors, made);
  expect(Math.min(...mirrors.map(({ errors }) => errors.count))).toBeGreaterThan(3);
});

it("lose nothing when the server is killed and comes back", async () => {
  const server = new KlServer({ args: ["--no-agent"] });
  ends.push(() => server.destroy());
  await server.start();
  const config = new k8s.KubeConfig();
  config.loadFromFile(server.kubeconfig);
  const mirrors = [await mirror(config), await mirror(config)];
  const client = config.makeApiClient(k8s.CoreV1Api);
  const made = truth(async (method, path, body) => {
    const name = path.split("/").at(-1) ?? "";
    const where = { namespace: "default" };
    try {
      if (method === "DELETE") await client.deleteNamespacedConfigMap({ ...where, name });
      else if (method === "PUT") await client.replaceNamespacedConfigMap({ ...where, name, body: body as object });
      else await client.createNamespacedConfigMap({ ...where, body: body as object });
      return 200;
    } catch (error) {
      return (error as { code: number }).code;
    }
  });
  for (let round = 0; round < 4; round++) {
    await made.churn(80);
    await server.end(round % 2 ? "SIGTERM" : "SIGKILL");
    await server.start();
    await made.churn(20);
  }
  await expectSame(mirrors, made);
}, 90_000);
