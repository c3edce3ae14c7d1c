/** Services and cluster DNS on one node, as pods and as the host see them. */
import { execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { Agent, request } from "node:https";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createNft } from "../../src/agent/net/nft.ts";
import { removeNodeNetwork } from "../../src/agent/net/start.ts";
import type { Pod, Service } from "../../src/machinery/types/core/v1.ts";
import { describeNetwork } from "../agent/net/network-gate.ts";
import { kubectls, runClient } from "../clients/kubectl.ts";
import { describeDocker } from "../docker-gate.ts";
import { applyAndWait, clientOf, makeHelloImage, podNames, type Run } from "./hello.ts";
import { clusterContainers, KlServer } from "./kl-server.ts";
import { until } from "./until.ts";

const manifests = `
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: "hello:1", command: [sleep, "100000"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: gate, labels: {app: gate}}
spec:
  hostname: gate-0
  subdomain: gates
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: "hello:1"
      command: [sh, -c, "touch /tmp/ready; exec httpd -f -p 8080 -h /tmp"]
      ports: [{name: web, containerPort: 8080}]
      readinessProbe: {exec: {command: [test, -f, /tmp/ready]}, periodSeconds: 1, failureThreshold: 1}
---
apiVersion: v1
kind: Service
metadata: {name: gate}
spec: {selector: {app: gate}, ports: [{port: 80, targetPort: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: gates}
spec: {clusterIP: None, selector: {app: gate}, ports: [{name: web, port: 80, targetPort: web}]}
`;

const run = promisify(execFile);
/** Its own: where clusters on one host have the same addresses, the host itself reaches only one of them. */
const range = `10.${randomInt(100, 200)}`;

describeDocker("Services on Docker", () => {
  describeNetwork("with nftables", () => {
    const server = new KlServer({ args: ["--service-cidr", `${range}.0.0/16`] });
    let kubectl: Run;
    let binary = "";
    let table = "";

    beforeAll(async () => {
      makeHelloImage();
      await server.start();
      [, binary = ""] = await kubectls();
      kubectl = clientOf(server, binary);
      await applyAndWait(kubectl);
      const applied = await runClient(binary, ["apply", "-f", "-"], {
        kubeconfig: server.kubeconfig,
        stdin: manifests,
      });
      expect(applied.code, applied.stderr).toBe(0);
      await kubectl("wait", "--for=condition=Ready", "pod/client", "pod/gate", "--timeout=60s");
      table = await podInterface(server);
    }, 180_000);
    afterAll(() => server.destroy(), 120_000);

    const inPod = async (pod: string, ...command: string[]): Promise<string> =>
      (await kubectl("exec", pod, "--", ...command)).stdout;
    const object = async <T>(kind: string, name: string): Promise<T> =>
      JSON.parse((await kubectl("get", kind, name, "-o", "json")).stdout) as T;
    const clusterIp = async (name: string): Promise<string> =>
      (await object<Service>("service", name)).spec?.clusterIP ?? "";
    const podIp = async (name: string): Promise<string> => (await object<Pod>("pod", name)).status?.podIP ?? "";

    it("answers pods by address and by name, each endpoint in its turn", { timeout: 60_000 }, async () => {
      const ip = await clusterIp("hello");
      const pages = new Set<string>();
      const names = await podNames(kubectl);
      await until(
        async () => pages.add(await inPod("client", "wget", "-q", "-O", "-", `http://${ip}:80/`)),
        ({ size }) => size === names.length,
      );
      expect([...pages].sort()).toEqual(names.map((name) => `Hello from kl, pod ${name}\n`).sort());
      for (const name of ["hello", "hello.default", "hello.default.svc.cluster.local"]) {
        expect(names.map((pod) => `Hello from kl, pod ${pod}\n`)).toContain(
          await inPod("client", "wget", "-q", "-O", "-", `http://${name}:80/`),
        );
      }
    });

    it("shows servers the address of the pod that asks", { timeout: 60_000 }, async () => {
      const client = await podIp("client");
      await until(
        async () => {
          await inPod("client", "wget", "-q", "-O", "-", "http://hello:80/");
          const logs = (await podNames(kubectl)).map((pod) => kubectl("logs", pod, "-c", "web", "--tail=50"));
          return (await Promise.all(logs)).map(({ stdout }) => stdout).join("");
        },
        (logs) => logs.includes(`${client}]:`) || logs.includes(`${client}:`),
      );
    });

    it("lets a pod reach itself by its own Service", { timeout: 60_000 }, async () => {
      const [pod = ""] = await podNames(kubectl);
      await until(
        () => inPod(pod, "wget", "-q", "-O", "-", "http://hello:80/"),
        (page) => page === `Hello from kl, pod ${pod}\n`,
      );
      const gate = await clusterIp("gate");
      expect(await inPod("gate", "sh", "-c", `echo self > /tmp/index.html; wget -q -O - http://${gate}:80/`)).toBe(
        "self\n",
      );
    });

    it("knows pods under headless Services, addresses and the cluster's own names", { timeout: 60_000 }, async () => {
      const gate = await podIp("gate");
      const lookup = async (name: string) => inPod("client", "nslookup", name, `${range}.0.10`);
      expect(await lookup("gates.default.svc.cluster.local")).toContain(gate);
      expect(await lookup("gate-0.gates.default.svc.cluster.local")).toContain(gate);
      expect(await lookup(gate)).toContain("default.svc.cluster.local");
      expect(await lookup("kubernetes.default.svc.cluster.local")).toContain(`${range}.0.1`);
      const srv = await inPod("client", "nslookup", "-type=srv", "_web._tcp.gates.default.svc.cluster.local");
      expect(srv).toContain("8080 gate-0.gates.default.svc.cluster.local");
      const missing = await inPod("client", "sh", "-c", "nslookup nothing.default.svc.cluster.local 2>&1; true");
      expect(missing).toContain("NXDOMAIN");
      const resolvConf = await inPod("client", "cat", "/etc/resolv.conf");
      expect(resolvConf).toContain(`nameserver ${range}.0.10\n`);
      expect(resolvConf).toMatch(
        /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local.*\nnameserver \S+\noptions ndots:5\n$/,
      );
    });

    it("brings pods and the host to the API server", { timeout: 60_000 }, async () => {
      // This client knows no cipher of the server's; that it is told so means that it got there.
      const answer = await inPod("client", "sh", "-c", "wget -O - https://kubernetes.default.svc:443/ 2>&1; true");
      expect(answer).toContain("TLS error from peer");
      expect(await statusOf(`https://${range}.0.1/version`)).toBe(200);
    });

    it("answers the host by cluster IP, and everybody by node port, on the loopback too", {
      timeout: 60_000,
    }, async () => {
      expect(await page(`http://${await clusterIp("hello")}/`)).toMatch(/^Hello from kl/);
      await kubectl("patch", "service", "hello", "--type=merge", "-p", '{"spec":{"type":"NodePort"}}');
      const { nodePort } = (await object<Service>("service", "hello")).spec?.ports?.[0] ?? {};
      const own = Object.values(networkInterfaces())
        .flat()
        .find((one) => one?.family === "IPv4" && !one.internal)?.address;
      for (const address of ["127.0.0.1", own]) {
        await until(
          () => page(`http://${address}:${nodePort}/`).catch((error: Error) => String(error.cause)),
          (body) => body.startsWith("Hello from kl"),
        );
      }
      expect(await inPod("client", "wget", "-q", "-O", "-", `http://${own}:${nodePort}/`)).toMatch(/^Hello from kl/);
    });

    it("takes an endpoint away within 200 ms of its pod's being unready", { timeout: 120_000 }, async () => {
      const gate = await podIp("gate");
      const has = async (): Promise<boolean> => {
        const listed = await run("nft", ["list", "chain", "ip", table, "svc/default/gate/tcp/80"]).catch(
          () => undefined,
        );
        return listed?.stdout.includes(gate) ?? false;
      };
      const delays: number[] = [];
      for (let round = 0; round < 5; round++) {
        await until(has, (present) => present, { interval: 20 });
        const unready = whenReadyIs(binary, server.kubeconfig, "gate", "False");
        await inPod("gate", "rm", "/tmp/ready");
        const told = await unready;
        await until(has, (present) => !present, { interval: 5, timeout: 5000 });
        delays.push(performance.now() - told);
        await inPod("gate", "touch", "/tmp/ready");
      }
      console.info(`from the client's sight of readiness to the rules: ${delays.map(Math.round).join(", ")} ms`);
      // Each look at the rules takes its time too, and other tests share the cores: the middle one counts.
      expect(delays.sort((a, b) => a - b)[2]).toBeLessThan(200);
    });

    it("refuses connections at once where no endpoint is left", { timeout: 120_000 }, async () => {
      const ip = await clusterIp("hello");
      await kubectl("scale", "deployment", "hello", "--replicas=0");
      // A pod that is ending still answers while no other does.
      await kubectl("wait", "--for=delete", "pod", "-l", "app=hello", "--timeout=60s");
      const refused = () => page(`http://${ip}/`).catch((error: Error) => (error.cause as { code?: string }).code);
      await until(refused, (answer) => answer === "ECONNREFUSED");
      const started = performance.now();
      expect(await refused()).toBe("ECONNREFUSED");
      expect(performance.now() - started).toBeLessThan(200);
      const said = await inPod("client", "sh", "-c", `time wget -q -O - http://${ip}:80/ 2>&1; true`);
      expect(said).toContain("Connection refused");
      await kubectl("scale", "deployment", "hello", "--replicas=2");
      await kubectl("rollout", "status", "deployment/hello", "--timeout=60s");
      await until(
        () => page(`http://${ip}/`).catch(() => ""),
        (body) => body.startsWith("Hello from kl"),
      );
    });

    it("works on while the server is away, and again when it is back", { timeout: 120_000 }, async () => {
      const ip = await clusterIp("hello");
      await server.end("SIGKILL");
      expect(await page(`http://${ip}/`)).toMatch(/^Hello from kl/);
      await server.start();
      expect(await page(`http://${ip}/`)).toMatch(/^Hello from kl/);
      await until(
        () => inPod("client", "sh", "-c", "wget -q -O - http://hello:80/ 2>&1; true").catch(String),
        (body) => body.startsWith("Hello from kl"),
      );
    });

    it("keeps its rules while it is stopped, leaves nothing when told so, and puts all in again", async () => {
      const nft = createNft(["nft"]);
      expect(await nft.hasTable("ip", table)).toBe(true);
      await server.end("SIGTERM");
      expect(await nft.hasTable("ip", table)).toBe(true);
      await removeNodeNetwork(table);
      expect(await nft.hasTable("ip", table)).toBe(false);
      await server.start();
      await until(
        () => nft.hasTable("ip", table),
        (present) => present,
      );
    });
  });
});

/** Of the only network that the cluster's pods have on this engine. */
async function podInterface(server: KlServer): Promise<string> {
  const [container] = await clusterContainers(server.dataDir);
  const id = Object.entries(container?.Labels ?? {}).find(([name]) => name === "io.kl.cluster")?.[1];
  const networks = await new Docker().listNetworks({ filters: { label: [`io.kl.cluster=${id}`] } });
  return networks[0]?.Name ?? "";
}

/** A connection of its own each time, so that each is balanced anew. */
async function page(url: string): Promise<string> {
  const answer = await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(5000) });
  return answer.text();
}

function statusOf(url: string): Promise<number | undefined> {
  const agent = new Agent({ rejectUnauthorized: false, keepAlive: false });
  return new Promise((resolve, reject) => {
    request(url, { agent, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

/** Resolves with the time at which a watching client was told. */
function whenReadyIs(binary: string, kubeconfig: string, pod: string, wanted: string): Promise<number> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}{"\\n"}';
  const child = spawn(binary, ["get", "pod", pod, "--watch", "-o", `jsonpath=${path}`], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      if (!chunk.toString().split("\n").includes(wanted)) return;
      resolve(performance.now());
      child.kill();
    });
    child.on("exit", () => reject(new Error("the watch ended")));
  });
}
