import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { until } from "../until.ts";
import type { Cluster } from "./cluster.ts";
import { openPorts, type Residents } from "./residents.ts";

const guestbook = fileURLToPath(new URL("../../../examples/guestbook", import.meta.url));

/** A request from outside, on a connection of its own. */
async function page(url: string, body?: string): Promise<string> {
  const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(5000) };
  const answer = await fetch(url, body === undefined ? options : { ...options, method: "POST", body });
  return answer.text();
}

export function networkSuite(cluster: () => Cluster, residents: () => Residents): void {
  describe("one network", () => {
    test("every pod reaches every other by address, and is seen as itself", { timeout: 30_000 }, async () => {
      await everybodyAsks(
        ({ ip }) => ip,
        (from, to) => `${to} saw ${from}`,
      );
    });

    test("and by the cluster IP of its Service, TCP and UDP", { timeout: 30_000 }, async () => {
      await everybodyAsks(
        ({ service }) => service.spec?.clusterIP ?? "",
        (from, to) => `${to} saw ${from}`,
      );
    });

    test("every pod reaches itself by its own Service", { timeout: 30_000 }, async () => {
      for (const { prober, service, pod } of residents().all) {
        const said = await prober.ask(service.spec?.clusterIP ?? "", 80, "TCP", 2000);
        expect(said).toContain(`${pod.metadata.name} saw`);
      }
    });

    test("every node port of every node leads to its pod, for pods, hosts and from outside", {
      timeout: 60_000,
    }, async () => {
      const { hosts } = cluster();
      for (const { service, pod } of residents().all) {
        const nodePort =
          service.spec?.ports?.find(({ port, protocol }) => port === 80 && protocol === "TCP")?.nodePort ?? 0;
        const everybody = [...residents().all.map(({ prober }) => prober), ...residents().hosts.values()];
        const answers = hosts.flatMap(({ address }) => everybody.map((one) => one.ask(address, nodePort, "TCP", 3000)));
        for (const said of await Promise.all(answers)) expect(said).toContain(`${pod.metadata.name} saw`);
      }
    });

    test("with the external policy Local the client from outside is seen as itself", { timeout: 30_000 }, async () => {
      const [resident] = residents().all;
      if (!resident) throw new Error("nobody there");
      const { namespace, name } = resident.service.metadata;
      const patch = '{"spec":{"externalTrafficPolicy":"Local"}}';
      await cluster().kubectl(["patch", "service", "-n", namespace ?? "", name ?? "", "-p", patch]);
      const port = resident.service.spec?.ports?.find(
        ({ port, protocol }) => port === 80 && protocol === "TCP",
      )?.nodePort;
      const { outsideAddress } = cluster().wire;
      await until(
        () => rawAnswer(resident.host.address, port ?? 0),
        (said) => said === `${name} saw ${outsideAddress}`,
        { timeout: 5000 },
      );
    });

    test("names: a Service's, each record of a headless one, and back", { timeout: 60_000 }, async () => {
      for (const { pod, service } of residents().all) {
        const { name = "", namespace = "" } = pod.metadata;
        const lookUp = (...args: string[]) =>
          cluster().kubectl(["exec", "-n", namespace, name, "--", "nslookup", ...args]);
        const names = residents().all.map((other) => `${other.pod.metadata.name}.${other.pod.metadata.namespace}`);
        const script = names.map((one) => `nslookup ${one}.svc.cluster.local;`).join(" ");
        const found = await cluster().kubectl(["exec", "-n", namespace, name, "--", "sh", "-c", script]);
        for (const other of residents().all) expect(found).toContain(other.service.spec?.clusterIP);
        const srv = await lookUp("-type=srv", `_p80tcp._tcp.${name}.${namespace}.svc.cluster.local`);
        expect(srv).toContain(`80 ${name}.${namespace}.svc.cluster.local`);
        expect(await lookUp(service.spec?.clusterIP ?? "")).toContain(`${name}.${namespace}.svc.cluster.local`);
      }
    });

    test("the guestbook: a front end on every node finds its backend by name", { timeout: 120_000 }, async () => {
      const { hosts, kubectl } = { hosts: cluster().hosts, kubectl: (...args: string[]) => cluster().kubectl(args) };
      await kubectl("apply", "-f", guestbook);
      await kubectl("rollout", "status", "daemonset/frontend", "deployment/backend", "--timeout=90s");
      await until(
        () => page(`http://${hosts[0]?.address}:30080/cgi-bin/guestbook`).catch(String),
        (text) => text.startsWith("guestbook"),
      );
      for (const { name, address } of hosts) {
        const text = await page(`http://${address}:30080/cgi-bin/guestbook`, `from ${name}`);
        expect(text).toContain(`from ${name}\n`);
      }
      const served = new Set<string>();
      await until(
        async () => {
          const text = await page(`http://${hosts[0]?.address}:30080/cgi-bin/guestbook`);
          for (const { name } of hosts) expect(text).toContain(`from ${name}\n`);
          return served.add(/ on (\S+) to /.exec(text)?.[1] ?? "");
        },
        ({ size }) => size === hosts.length,
      );
      const addresses = (await cluster().pods("default", "tier=frontend")).map(({ status }) => status?.podIP ?? "");
      expect(addresses).toHaveLength(hosts.length);
      const records = await kubectl(
        "exec",
        "deployment/backend",
        "--",
        "nslookup",
        "frontends.default.svc.cluster.local",
      );
      for (const address of addresses) expect(records).toContain(address);
      const srv = ["nslookup", "-type=srv", "_http._tcp.frontends.default.svc.cluster.local"];
      const targets = await kubectl("exec", "deployment/backend", "--", ...srv);
      expect(targets.match(/ 8080 /g)).toHaveLength(hosts.length);
      // Its NetworkPolicy: front ends only.
      const [backend] = await cluster().pods("default", "tier=backend");
      for (const { prober } of residents().all) {
        expect(await prober.ask(backend?.status?.podIP ?? "", 8080, "TCP", 300)).toBeUndefined();
      }
      await kubectl("delete", "-f", guestbook, "--wait=false");
    });

    async function everybodyAsks(
      where: (to: Residents["all"][number]) => string,
      expected: (from: string, to: string) => string,
    ): Promise<void> {
      for (const from of residents().all) {
        for (const { protocol, port } of openPorts) {
          const others = residents().all.filter((to) => to !== from);
          const answers = await Promise.all(others.map((to) => from.prober.ask(where(to), port, protocol, 3000)));
          expect(answers).toEqual(others.map((to) => expected(from.ip, to.pod.metadata.name ?? "")));
        }
      }
    }
  });
}

async function rawAnswer(address: string, port: number): Promise<string> {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    let said = "";
    const socket = connect({ host: address, port, timeout: 1000 });
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("error", (error) => resolve(String(error)));
    socket.on("close", () => resolve(said));
  });
}

export const makeImage = join(guestbook, "make-image.sh");
