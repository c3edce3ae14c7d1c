/**
 * From a probe that is answered otherwise than before to the rules and the DNS of the last node: along the way, what an
 * observer at the API sees and when.
 */
import { createInterface } from "node:readline";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../src/machinery/types/discovery/v1.ts";
import type { Cluster } from "../../test/e2e/hosts/cluster.ts";
import type { Host } from "../../test/e2e/hosts/host.ts";
import { percentile } from "../kl-process.ts";
import type { BenchPod } from "./pods.ts";

const now = (): number => Number(process.hrtime.bigint()) / 1e6;

interface Sight {
  readonly where: string;
  readonly at: number;
}

class Observer {
  #sights: Sight[] = [];
  #wake: () => void = () => undefined;
  readonly #ends: (() => void)[] = [];

  see(where: string): void {
    this.#sights.push({ where, at: now() });
    this.#wake();
  }

  /** When it was first seen at each place, since `since`; waits until it was everywhere. */
  async everywhere(places: readonly string[], since: number): Promise<Map<string, number>> {
    const end = now() + 10_000;
    for (;;) {
      const first = new Map<string, number>();
      for (const { where, at } of this.#sights) if (at >= since && !first.has(where)) first.set(where, at);
      if (places.every((place) => first.has(place))) {
        this.#sights = [];
        return first;
      }
      if (now() > end) throw new Error(`not seen at ${places.filter((place) => !first.has(place)).join(", ")}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 100);
      });
    }
  }

  onEnd(end: () => void): void {
    this.#ends.push(end);
  }

  end(): void {
    for (const end of this.#ends) end();
  }
}

export async function readiness(cluster: Cluster, pods: readonly BenchPod[], changes: number): Promise<void> {
  const observer = new Observer();
  const places = ["status", "slice", ...cluster.hosts.map(({ name }) => name)];
  const { api } = cluster;
  const ready = new Map<string, string>();
  observer.onEnd(
    api.watch<Pod>("/api/v1/namespaces/default/pods", ({ metadata, status }) => {
      const is = status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "";
      if (ready.get(metadata.name ?? "") !== is) observer.see("status");
      ready.set(metadata.name ?? "", is);
    }),
  );
  observer.onEnd(
    api.watch<EndpointSlice>("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", () =>
      observer.see("slice"),
    ),
  );
  for (const host of cluster.hosts) watchRules(host, observer);
  await new Promise((resolve) => setTimeout(resolve, 2000));

  const spans = new Map<string, number[]>();
  const note = (what: string, span: number): void => {
    spans.set(what, [...(spans.get(what) ?? []), span]);
  };
  const state = new Map(pods.map(({ name }) => [name, true]));
  for (let change = 0; change < changes; change++) {
    const pod = pods[change % pods.length];
    if (!pod) throw new Error("no pods");
    const isReady = !state.get(pod.name);
    state.set(pod.name, isReady);
    const began = await pod.station.do({ kind: "ready", ready: isReady });
    const seen = await observer.everywhere(places, began);
    const at = (place: string): number => (seen.get(place) ?? Number.NaN) - began;
    const rules = cluster.hosts.map(({ name }) => at(name));
    note("readiness to the pod's status", at("status"));
    note("readiness to its EndpointSlice", at("slice"));
    note("readiness to the first node's rules", Math.min(...rules));
    note("readiness to the last node's rules (aim: p99 under 200 ms)", Math.max(...rules));
    note("  from the slice on", Math.max(...rules) - at("slice"));
    // What of that is the machine's own: as many runs of nft as a change takes, at once, with nothing to do.
    const alone = now();
    await Promise.all(cluster.hosts.map((host) => host.must("nft", ["-c", "-f", "/dev/null"])));
    note("  nft on every host at once, doing nothing", now() - alone);
    await new Promise((resolve) => setTimeout(resolve, 60 + Math.random() * 100));
  }
  observer.end();
  for (const host of cluster.hosts) await checkRules(host, pods, state);
  for (const [what, values] of spans) console.log(`${what}: ${summary(values)}`);
}

/** The DNS of each node, asked all the while by a pod there. */
export async function names(cluster: Cluster, pods: readonly BenchPod[], changes: number): Promise<void> {
  const { api } = cluster;
  await api.create("/api/v1/namespaces/default/services", {
    metadata: { name: "all" },
    spec: { clusterIP: "None", selector: { bench: "all" }, ports: [{ port: 80 }] },
  });
  const observer = new Observer();
  observer.onEnd(
    api.watch<EndpointSlice>("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", ({ metadata }) => {
      if (metadata.labels?.["kubernetes.io/service-name"] === "all") observer.see("slice");
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const spans: number[] = [];
  const whole: number[] = [];
  for (let change = 0; change < changes; change++) {
    const pod = pods[change % pods.length];
    if (!pod) throw new Error("no pods");
    const present = change % (2 * pods.length) >= pods.length;
    const query = { kind: "name", server: "10.43.0.10", name: "all.default.svc.cluster.local" } as const;
    const answered = pods.map(({ station }) => station.do({ ...query, address: pod.ip, present }));
    const began = await pod.station.do({ kind: "ready", ready: present });
    const seen = await observer.everywhere(["slice"], began);
    const last = Math.max(...(await Promise.all(answered)));
    spans.push(last - (seen.get("slice") ?? Number.NaN));
    whole.push(last - began);
  }
  observer.end();
  console.log(`EndpointSlice to the last node's DNS: ${summary(spans)} (aim: under 100 ms)`);
  console.log(`readiness to the last node's DNS: ${summary(whole)}`);
}

/** That what was seen was what it was taken for. */
async function checkRules(host: Host, pods: readonly BenchPod[], ready: ReadonlyMap<string, boolean>): Promise<void> {
  const rules = await host.must("nft", ["list", "ruleset"]);
  for (const { name, ip } of pods) {
    if (new RegExp(`dnat to .*${ip.replaceAll(".", "\\.")}\\b`).test(rules) !== ready.get(name)) {
      throw new Error(`the rules of ${host.name} do not lead to the pods that are ready`);
    }
  }
}

/** The kernel tells of every transaction as it is committed. */
function watchRules(host: Host, observer: Observer): void {
  const child = host.spawn(["stdbuf", "-oL", "nft", "monitor"]);
  observer.onEnd(() => child.kill());
  if (!child.stdout) return;
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (/^(add|delete) (rule|element)/.test(line)) observer.see(host.name);
  });
}

function summary(values: readonly number[]): string {
  const at = (share: number): string => percentile(values, share).toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms (${values.length} changes)`;
}
