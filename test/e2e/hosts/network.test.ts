/** One network over three hosts: pods by address, by Service, by name, from every node; and nothing left behind. */
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectls } from "../../clients/kubectl.ts";
import { makeHelloImage } from "../hello.ts";
import { until } from "../until.ts";
import { describeHosts } from "./gate.ts";
import { Host, type KlProcess } from "./host.ts";
import { Wire } from "./wire.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const run = promisify(execFile);
const count = 3;

/** A web server that says who it is and whom it sees, one on each host. */
const podOf = (index: number): string => `
apiVersion: v1
kind: Pod
metadata: {name: p${index}, labels: {app: web, pod: p${index}}}
spec:
  nodeName: host-${index}
  hostname: p${index}
  subdomain: all
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: "hello:1"
      command:
        - sh
        - -c
        - |
          mkdir -p /tmp/cgi-bin
          printf '#!/bin/sh\\necho; from=\${REMOTE_ADDR##*:}; echo p${index} sees \${from%%]}\\n' >/tmp/cgi-bin/who
          chmod +x /tmp/cgi-bin/who; touch /tmp/ready; exec httpd -f -p 8080 -h /tmp
      ports: [{name: web, containerPort: 8080, hostPort: 8088}]
      readinessProbe: {exec: {command: [test, -f, /tmp/ready]}, periodSeconds: 1, failureThreshold: 1}
`;
const services = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: all}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080, targetPort: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: node}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: web, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: local}
spec: {type: NodePort, externalTrafficPolicy: Local, selector: {pod: p2}, ports: [{port: 80, targetPort: web, nodePort: 30081}]}
---
apiVersion: v1
kind: Service
metadata: {name: balanced}
spec: {type: LoadBalancer, selector: {pod: p3}, ports: [{port: 8090, targetPort: web}]}
`;

describeHosts("one network over three hosts", () => {
  let wire: Wire;
  let hosts: Host[] = [];
  let processes: KlProcess[] = [];
  let binary = "";
  let kubeconfig = "";

  beforeAll(async () => {
    wire = new Wire();
    [, binary = ""] = await kubectls();
    hosts = await Promise.all(Array.from({ length: count }, (_, index) => Host.boot(wire, index + 1)));
    makeHelloImage();
    const image = execFileSync("docker", ["save", "hello:1"], { maxBuffer: 1 << 28 });
    await Promise.all(hosts.map((host) => host.must("docker", ["load"], { stdin: image, timeout: 60_000 })));
    const [first, ...others] = hosts;
    if (!first) throw new Error("no host");
    const data = join(first.folder, "kl");
    kubeconfig = join(data, "kubeconfig.yaml");
    const server = [
      "server",
      "--data-dir",
      data,
      "--port",
      "6443",
      "--bind-address",
      "0.0.0.0",
      "--node-name",
      first.name,
    ];
    processes = [await first.kl(server, /^ready in/m)];
    const args = [main, "token", "create", "--kubeconfig", kubeconfig];
    const token = (await first.must(process.execPath, args)).trim();
    const url = `https://${first.address}:6443`;
    const joined = others.map((host) =>
      host.kl(["agent", "--join", url, "--token", token, "--data-dir", join(host.folder, "kl")], /^ready in/m),
    );
    processes.push(...(await Promise.all(joined)));
    await apply([...hosts.map(({ index }) => podOf(index)), services].join("---\n"));
    await kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=90s");
  }, 240_000);
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.kill("SIGTERM")));
    await Promise.all(hosts.map((host) => host.destroy()));
    wire?.destroy();
  }, 120_000);

  const first = (): Host => hosts[0] as Host;
  const kubectl = (...args: string[]): Promise<string> =>
    first().must(binary, ["--kubeconfig", kubeconfig, ...args], { timeout: 120_000 });
  const apply = (text: string): Promise<string> =>
    first().must(binary, ["--kubeconfig", kubeconfig, "apply", "-f", "-"], { stdin: text });
  const jsonpath = (kind: string, name: string, path: string): Promise<string> =>
    kubectl("get", kind, name, "-o", `jsonpath={${path}}`);
  const inPod = (index: number, ...command: string[]): Promise<string> =>
    kubectl("exec", `p${index}`, "--", ...command);
  const askFrom = (index: number, host: string): Promise<string> =>
    inPod(index, "sh", "-c", `wget -q -O - http://${host}/cgi-bin/who 2>&1 || true`).then((text) => text.trim());
  /** From the wire: nobody's host. */
  const askOutside = async (host: string): Promise<string> => {
    try {
      const args = ["wget", "-q", "-O", "-", `http://${host}/cgi-bin/who`];
      return (await run("busybox", args, { timeout: 3000 })).stdout.trim();
    } catch (error) {
      return `no answer: ${(error as Error).message}`;
    }
  };
  const ips = (): Promise<string[]> =>
    Promise.all(hosts.map(({ index }) => jsonpath("pod", `p${index}`, ".status.podIP")));
  const indexes = Array.from({ length: count }, (_, index) => index + 1);

  test("each node has a range of its own, and its pods are in it", async () => {
    const ranges = await Promise.all(hosts.map(({ name }) => jsonpath("node", name, ".spec.podCIDR")));
    expect(new Set(ranges).size).toBe(count);
    for (const [index, ip] of (await ips()).entries()) {
      expect(ranges[index]).toMatch(/^10\.42\.\d+\.0\/24$/);
      expect(ip.split(".").slice(0, 3)).toEqual(ranges[index]?.split(".").slice(0, 3));
    }
  });

  test("every pod reaches every other by address, and is seen under its own", { timeout: 60_000 }, async () => {
    const addresses = await ips();
    for (const from of indexes) {
      for (const to of indexes) {
        if (from === to) continue;
        expect(await askFrom(from, `${addresses[to - 1]}:8080`)).toBe(`p${to} sees ${addresses[from - 1]}`);
      }
    }
  });

  test("by Service, by name and by SRV record, with every endpoint in its turn", { timeout: 120_000 }, async () => {
    const addresses = await ips();
    for (const from of indexes) {
      const seen = new Set<string>();
      await until(
        async () => seen.add(await askFrom(from, "web")),
        ({ size }) => size >= count,
        { timeout: 30_000, interval: 0 },
      );
      // A pod that is led to itself sees the node: no other way would bring the answer back.
      for (const line of seen)
        expect(line).toMatch(new RegExp(`^p\\d sees (${addresses[from - 1]}|10\\.42\\.\\d+\\.1)$`));
      const other = (from % count) + 1;
      expect(await askFrom(from, `p${other}.all:8080`)).toBe(`p${other} sees ${addresses[from - 1]}`);
      const srv = await inPod(from, "nslookup", "-type=srv", "_http._tcp.all.default.svc.cluster.local");
      for (const index of indexes) expect(srv).toContain(`8080 p${index}.all.default.svc.cluster.local`);
    }
  });

  test("from outside every node's port leads to all, and the policy Local shows who asks", {
    timeout: 60_000,
  }, async () => {
    for (const { address } of hosts) {
      const seen = new Set<string>();
      await until(
        async () => seen.add((await askOutside(`${address}:30080`)).split(" ")[0] ?? ""),
        ({ size }) => size >= count,
        { timeout: 20_000, interval: 0 },
      );
      expect([...seen].sort()).toEqual(indexes.map((index) => `p${index}`));
    }
    const [, second, third] = hosts;
    expect(await askOutside(`${second?.address}:30081`)).toBe(`p2 sees ${wire.outsideAddress}`);
    expect(await askOutside(`${third?.address}:30081`)).toMatch(/no answer/);
    // Pods may use the port of a node without endpoints: they are within the cluster.
    expect(await askFrom(1, `${first().address}:30081`)).toMatch(/^p2 sees /);
  });

  test("a load balancer is the nodes, and hostPort is each node's own", { timeout: 60_000 }, async () => {
    const path = ".status.loadBalancer.ingress[*].ip";
    const listed = await until(
      () => jsonpath("service", "balanced", path),
      (text) => text.split(" ").length === count,
    );
    expect(listed.split(" ").sort()).toEqual(hosts.map(({ address }) => address).sort());
    for (const { address, index } of hosts) {
      expect(await askOutside(`${address}:8090`)).toMatch(/^p3 sees /);
      expect(await askOutside(`${address}:8088`)).toMatch(new RegExp(`^p${index} sees `));
    }
  });

  test("pods of every node reach the API server by its Service", {
    timeout: 60_000,
  }, async () => {
    for (const from of indexes) {
      // This client knows no cipher of the server's; that it is told so means that it got there.
      const said = await inPod(from, "sh", "-c", "wget -O - https://kubernetes.default.svc:443/ 2>&1; true");
      expect(said).toContain("TLS error from peer");
    }
  });

  test("a pod that is not ready leaves every node's rules: how long that takes", { timeout: 120_000 }, async () => {
    const ip = (await ips())[1] ?? "";
    const delays: number[] = [];
    const has = async (host: Host): Promise<boolean> =>
      (await host.must("nft", ["list", "ruleset"])).includes(`${ip} . 8080`);
    for (let round = 0; round < 5; round++) {
      for (const host of hosts)
        await until(
          () => has(host),
          (present) => present,
          { interval: 20 },
        );
      const unready = kubectl("wait", "--for=condition=Ready=false", "pod/p2", "--timeout=20s").then(() =>
        performance.now(),
      );
      await inPod(2, "rm", "/tmp/ready");
      const told = await unready;
      const gone = hosts.map((host) =>
        until(
          () => has(host),
          (present) => !present,
          { interval: 5, timeout: 5000 },
        ),
      );
      await Promise.all(gone);
      delays.push(performance.now() - told);
      await inPod(2, "touch", "/tmp/ready");
    }
    console.info(
      `from the client's sight of readiness to the last node's rules: ${delays.map(Math.round).join(", ")} ms`,
    );
    expect(delays.sort((a, b) => a - b)[2]).toBeLessThan(500);
    await kubectl("wait", "--for=condition=Ready", "pod/p2", "--timeout=20s");
  });

  test("Services and names are answered on while the server is away", { timeout: 90_000 }, async () => {
    const [server] = processes;
    const [, second] = hosts;
    const id = (await second?.must("docker", ["ps", "-q", "--filter", "name=_c_p2_"]))?.trim() ?? "";
    await server?.kill("SIGKILL");
    const ask = () => second?.must("docker", ["exec", id, "sh", "-c", "wget -q -O - http://p3.all:8080/cgi-bin/who"]);
    expect((await ask())?.trim()).toMatch(/^p3 sees/);
    const data = join(first().folder, "kl");
    const args = [
      "server",
      "--data-dir",
      data,
      "--port",
      "6443",
      "--bind-address",
      "0.0.0.0",
      "--node-name",
      first().name,
    ];
    processes[0] = await first().kl(args, /^ready in/m);
    expect((await ask())?.trim()).toMatch(/^p3 sees/);
  });

  test("reset leaves nothing on a host", { timeout: 90_000 }, async () => {
    const last = hosts[count - 1] as Host;
    await processes[count - 1]?.kill("SIGTERM");
    expect(await last.must("nft", ["list", "tables"])).toContain("kl-");
    await last.must(process.execPath, [main, "agent", "reset", "--data-dir", join(last.folder, "kl")]);
    expect(await last.must("nft", ["list", "tables"])).not.toContain("kl-");
    expect((await last.must("ls", ["/sys/class/net"])).trim().split("\n")).toEqual(["docker0", "eth0", "lo"]);
    expect(await last.must("ip", ["route"])).not.toContain("10.42");
    expect(await last.must("iptables", ["-S"])).not.toContain("KL-");
  });
});
