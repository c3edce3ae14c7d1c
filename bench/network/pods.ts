/** Pods with traffic in them, and the Services before them. */
import type { Pod, Service } from "../../src/machinery/types/core/v1.ts";
import type { Cluster } from "../../test/e2e/hosts/cluster.ts";
import type { Host } from "../../test/e2e/hosts/host.ts";
import { makeImage } from "../../test/e2e/hosts/network-suite.ts";
import { processOf } from "../../test/e2e/hosts/residents.ts";
import { until } from "../../test/e2e/until.ts";
import { ports } from "./commands.ts";
import { Station } from "./station.ts";

export interface BenchPod {
  readonly host: Host;
  readonly name: string;
  readonly ip: string;
  /** A process in its network, by the host's count. */
  readonly pid: number;
  readonly station: Station;
  /** Of a Service that leads to it alone. */
  readonly clusterIP: string;
}

const path = "/api/v1/namespaces/default";

/** One on each of the hosts, as often as they are named. */
export async function makePods(cluster: Cluster, hosts: readonly Host[]): Promise<BenchPod[]> {
  const { api } = cluster;
  await Promise.all(cluster.hosts.map((host) => host.must("sh", [makeImage])));
  const made = hosts.map(async (host, index): Promise<BenchPod> => {
    const name = `pod-${index}`;
    const readinessProbe = { httpGet: { port: ports.ready, path: "/" }, periodSeconds: 1, failureThreshold: 1 };
    const container = { name: "c", image: "guestbook:1", command: ["sleep", "100000"], readinessProbe };
    await api.create(`${path}/pods`, {
      metadata: { name, labels: { bench: "all", pod: name } },
      spec: { nodeName: host.name, terminationGracePeriodSeconds: 0, containers: [container] },
    });
    const service = (await api.create(`${path}/services`, {
      metadata: { name },
      spec: {
        selector: { pod: name },
        ports: [
          { name: "http", port: ports.requests },
          { name: "echo", port: ports.roundTrips },
        ],
      },
    })) as Service;
    const pod = await until(
      () => api.get<Pod>(`${path}/pods/${name}`),
      ({ status }) => status?.phase === "Running",
    );
    const pid = await processOf(host, pod);
    const station = await Station.in(host, pid);
    const { podIP: ip = "" } = pod.status ?? {};
    return { host, name, ip, pid, station, clusterIP: service.spec?.clusterIP ?? "" };
  });
  const pods = await Promise.all(made);
  for (const { name } of pods) await until(() => isReady(cluster, name), Boolean);
  return pods;
}

async function isReady({ api }: Cluster, name: string): Promise<boolean> {
  const { status } = await api.get<Pod>(`${path}/pods/${name}`);
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
