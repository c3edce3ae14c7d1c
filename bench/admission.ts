/**
 * What admission costs a create, in this process on a store in memory: with every plugin and with NamespaceLifecycle alone,
 * in turn. `node bench/admission.ts [creates per round]`.
 */
import { admissionPlugins } from "../src/api/admission/plugins.ts";
import { createApiServer } from "../src/api/server.ts";
import { systemClock } from "../src/machinery/clock.ts";
import { silentLogger } from "../src/machinery/logger.ts";
import type { KubeObject } from "../src/machinery/meta/object.ts";
import { openMemoryStore } from "../src/store/sqlite/open.ts";

const count = Number(process.argv[2] ?? 5000);
const width = 64;
const rounds = 5;
const core = (resource: string) => ({ group: "", version: "v1", resource });

async function server(disableAdmissionPlugins: readonly string[]) {
  const store = await openMemoryStore();
  const api = createApiServer({
    store,
    clock: systemClock,
    log: silentLogger,
    agentOf: () => undefined,
    serviceCidr: "10.43.0.0/16",
    historyWindow: 300_000,
    disableAdmissionPlugins,
  });
  const client = api.client({ name: "bench", groups: ["system:masters"] });
  await client.resource(core("serviceaccounts"), "default").create({ metadata: { name: "default" } });
  return { client, close: () => api.close().then(() => store.close()) };
}

type Server = Awaited<ReturnType<typeof server>>;
let serial = 0;

async function creates({ client }: Server, plural: string, make: (name: string) => KubeObject): Promise<number> {
  const resource = client.resource(core(plural), "default");
  const start = performance.now();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await resource.create(make(`b-${serial++}`));
  };
  await Promise.all(Array.from({ length: width }, worker));
  return ((performance.now() - start) * 1000) / count;
}

const pod = (name: string): KubeObject & { spec: object } => ({
  metadata: { name },
  spec: {
    automountServiceAccountToken: false,
    containers: [{ name: "main", image: "app:1", resources: { requests: { cpu: "100m", memory: "64Mi" } } }],
  },
});
const configMap = (name: string): KubeObject & { data: object } => ({ metadata: { name }, data: { key: "value" } });

const all = await server([]);
const parts = {
  store: await openMemoryStore(),
  clock: systemClock,
  authorizer: { authorize: () => ({ allowed: true }) },
};
const names = admissionPlugins({ ...parts, client: () => all.client }).map(({ name }) => name);
const bare = await server(names.filter((name) => name !== "NamespaceLifecycle"));
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
for (const [plural, make] of [
  ["configmaps", configMap],
  ["pods", pod],
] as const) {
  const [withAll, without]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const [one, other] = [await creates(all, plural, make), await creates(bare, plural, make)];
    // The first warms up.
    if (round === 0) continue;
    withAll.push(one);
    without.push(other);
  }
  const [a, b] = [median(withAll), median(without)];
  const per = (microseconds: number): string =>
    `${Math.round(1e6 / microseconds)} per s (${microseconds.toFixed(1)} µs)`;
  console.log(
    `${plural}: every plugin ${per(a)}, NamespaceLifecycle alone ${per(b)}: ${(a - b).toFixed(1)} µs a create`,
  );
}
await all.close();
await bare.close();
await parts.store.close();
