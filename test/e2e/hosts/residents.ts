/** Pods in two namespaces on all nodes, with somebody in each who asks and answers; and a Service for each of them. */
import type { Namespace, Node, Pod, Service } from "../../../src/machinery/types/core/v1.ts";
import { until } from "../until.ts";
import type { Cluster } from "./cluster.ts";
import type { Host } from "./host.ts";
import { Prober } from "./prober.ts";

export interface Resident {
  readonly pod: Pod;
  readonly ip: string;
  readonly host: Host;
  readonly prober: Prober;
  readonly service: Service;
}

export const openPorts = [
  { protocol: "TCP", port: 80 },
  { protocol: "TCP", port: 85 },
  { protocol: "TCP", port: 8080 },
  { protocol: "UDP", port: 80 },
] as const;

const namespaces: Readonly<Record<string, Record<string, string>>> = {
  red: { app: "a" },
  blue: { app: "b", tier: "a" },
};
const labels = [{ app: "a" }, { app: "b" }, { app: "a", tier: "a" }, { tier: "b" }, { app: "b", tier: "a" }, {}];
const named = [
  [{ name: "web", containerPort: 80 }],
  [
    { name: "web", containerPort: 8080 },
    { name: "dns", containerPort: 80, protocol: "UDP" },
  ],
];

export class Residents {
  readonly all: readonly Resident[];
  /** In the network of each host itself. */
  readonly hosts: ReadonlyMap<Host, Prober>;
  readonly namespaces: readonly Namespace[];

  private constructor(all: readonly Resident[], hosts: ReadonlyMap<Host, Prober>, namespaces: readonly Namespace[]) {
    this.all = all;
    this.hosts = hosts;
    this.namespaces = namespaces;
  }

  /** Six of them, on the nodes in turn. The image guestbook:1 must be there. */
  static async settle(cluster: Cluster): Promise<Residents> {
    const { api, hosts } = cluster;
    for (const [name, labels] of Object.entries(namespaces)) {
      await api.create("/api/v1/namespaces", { metadata: { name, labels } });
    }
    const { items: nodes } = await api.get<{ items: Node[] }>("/api/v1/nodes");
    const services = await Promise.all(
      labels.map((labels, index) => create(api, index, labels, nodes[index % nodes.length]?.metadata.name ?? "")),
    );
    const pods = await until(
      async () => (await Promise.all(Object.keys(namespaces).map((one) => cluster.pods(one)))).flat(),
      (pods) => pods.length === labels.length && pods.every(({ status }) => status?.phase === "Running"),
    );
    const all = pods.map(async (pod): Promise<Resident> => {
      const host = hosts.find(({ name }) => name === pod.spec?.nodeName);
      const service = services.find(({ metadata }) => metadata.name === pod.metadata.name);
      if (!host || !service) throw new Error(`pod ${pod.metadata.name} is nowhere`);
      const ports = openPorts.map(({ protocol, port }) => `${protocol}/${port}`);
      const prober = await Prober.in(host, await processOf(host, pod), pod.metadata.name ?? "", ports);
      return { pod, ip: pod.status?.podIP ?? "", host, prober, service };
    });
    const onHosts = hosts.map(async (host) => [host, await Prober.in(host, undefined, host.name, [])] as const);
    const { items } = await api.get<{ items: Namespace[] }>("/api/v1/namespaces");
    return new Residents(await Promise.all(all), new Map(await Promise.all(onHosts)), items);
  }
}

async function create(api: Cluster["api"], index: number, labels: object, nodeName: string): Promise<Service> {
  const name = `pod-${index}`;
  const namespace = index < 3 ? "red" : "blue";
  const container = { name: "c", image: "guestbook:1", command: ["sleep", "100000"], ports: named[index % 2] };
  await api.create(`/api/v1/namespaces/${namespace}/pods`, {
    metadata: { name, labels: { ...labels, resident: name } },
    spec: { nodeName, terminationGracePeriodSeconds: 0, containers: [container] },
  });
  const ports = openPorts.map(({ protocol, port }) => ({ name: `p${port}${protocol.toLowerCase()}`, protocol, port }));
  return (await api.create(`/api/v1/namespaces/${namespace}/services`, {
    metadata: { name },
    spec: { type: "NodePort", selector: { resident: name }, ports },
  })) as Service;
}

/** A process that is in the pod's network, by the host's own count. */
export async function processOf(host: Host, { metadata }: Pod): Promise<number> {
  const filters = [`label=io.kubernetes.pod.uid=${metadata.uid}`, "label=io.kl.role=sandbox"];
  const id = await host.must("docker", ["ps", "-q", ...filters.flatMap((filter) => ["--filter", filter])]);
  return Number(await host.must("docker", ["inspect", "-f", "{{.State.Pid}}", id.trim()]));
}
