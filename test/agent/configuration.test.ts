import { mkdtemp, readlink, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConfigMap, Secret, Service } from "../../src/machinery/types/core/v1.ts";
import { describeDocker } from "../docker-gate.ts";
import { busybox, ensureImage, namedUser } from "../images/busybox.ts";
import { condition, containerStatus, podOf, shell, type TestAgent, testAgent, until } from "./agent-fixture.ts";
import { docker } from "./runtime/docker/docker-fixture.ts";

function configMap(name: string, data: Record<string, string>): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

describeDocker("what containers are made with", () => {
  let agent: TestAgent;
  beforeAll(async () => {
    await ensureImage(busybox);
    await ensureImage(namedUser);
    agent = await testAgent();
  });
  afterAll(() => agent.end());

  const idOf = (pod: string, container = "c0") =>
    containerStatus(agent, pod, container)?.containerID?.slice("docker://".length) ?? "";
  const ready = (pod: string) => until(() => expect(condition(agent, pod, "Ready")).toBe("True"));
  const inside = async (pod: string, command: string) =>
    (await agent.runtime.execProbe(idOf(pod), ["sh", "-c", command], 5, 10_000)).output;

  test.concurrent("the environment comes from values, objects, fields, resources and services", async () => {
    const { link } = agent;
    link.set("configmaps", configMap("settings", { COLOR: "red", SIZE: "9" }));
    const secret: Secret = { metadata: { name: "keys", namespace: "default" }, data: { token: btoa("s3cret") } };
    link.set("secrets", { apiVersion: "v1", kind: "Secret", ...secret });
    const service: Service = {
      metadata: { name: "my-db", namespace: "default" },
      spec: { clusterIP: "10.96.0.7", ports: [{ name: "pg", port: 5432 }] },
    };
    link.set("services", service);
    const container = {
      command: [...shell("true"), "$(COLOR)", "$(NOPE)", "$$(COLOR)"],
      envFrom: [
        { prefix: "CM_", configMapRef: { name: "settings" } },
        { secretRef: { name: "nothing", optional: true } },
      ],
      env: [
        { name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "COLOR" } } },
        { name: "TOKEN", valueFrom: { secretKeyRef: { name: "keys", key: "token" } } },
        { name: "BOTH", value: "$(COLOR)-$(TOKEN) at $(MY_DB_SERVICE_HOST)" },
        { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "LIMIT", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
        { name: "ABSENT", valueFrom: { configMapKeyRef: { name: "settings", key: "nope", optional: true } } },
      ],
      resources: { limits: { memory: "64Mi" } },
      workingDir: "/tmp",
    };
    link.set("pods", podOf("env", [container], { terminationGracePeriodSeconds: 1 }));
    await ready("env");
    const lines = (await inside("env", "tr '\\0' '\\n' < /proc/1/environ; pwd; tr '\\0' ' ' < /proc/1/cmdline")).split(
      "\n",
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        "CM_COLOR=red",
        "CM_SIZE=9",
        "BOTH=red-s3cret at 10.96.0.7",
        `POD_IP=${link.status("env")?.podIP}`,
        "POD_NAME=env",
        "LIMIT=64",
        "MY_DB_SERVICE_PORT_PG=5432",
        "MY_DB_PORT_5432_TCP=tcp://10.96.0.7:5432",
        "HOSTNAME=env",
        "/tmp",
        expect.stringMatching(/red \$\(NOPE\) \$\(COLOR\) $/),
      ]),
    );
    expect(lines.some((line) => line.startsWith("ABSENT="))).toBe(false);
  });

  test.concurrent("a container waits for its ConfigMap and starts when it comes", async () => {
    const { link } = agent;
    const env = [{ name: "A", valueFrom: { configMapKeyRef: { name: "late", key: "a" } } }];
    link.set("pods", podOf("waiting", [{ command: shell("true"), env }], { terminationGracePeriodSeconds: 1 }));
    const waiting = () => containerStatus(agent, "waiting", "c0")?.state?.waiting;
    await until(() =>
      expect(waiting()).toEqual({ reason: "CreateContainerConfigError", message: 'configmap "late" not found' }),
    );
    link.set("configmaps", configMap("late", { b: "" }));
    await until(() => expect(waiting()?.message).toBe("couldn't find key a in ConfigMap default/late"));
    link.set("configmaps", {
      ...configMap("late", { a: "1" }),
      metadata: { name: "late", namespace: "default", resourceVersion: "2" },
    });
    await ready("waiting");
    await until(() => expect(link.messagesOf("waiting", "Failed")).toContain('Error: configmap "late" not found'));
  });

  // As `kubectl debug node/NAME` asks for.
  test.concurrent("a pod may have all of its node's namespaces, and its files from the root on", async () => {
    const { link } = agent;
    const folder = await mkdtemp(join(tmpdir(), "kl-host-"));
    try {
      await writeFile(join(folder, "file"), "of the host");
      const volumeMounts = [{ name: "host-root", mountPath: "/host" }];
      const spec = {
        hostNetwork: true,
        hostPID: true,
        hostIPC: true,
        volumes: [{ name: "host-root", hostPath: { path: "/" } }],
        terminationGracePeriodSeconds: 1,
      };
      link.set("pods", podOf("debugger", [{ command: shell("true"), volumeMounts }], spec));
      await ready("debugger");
      for (const namespace of ["net", "pid", "ipc"]) {
        expect((await inside("debugger", `readlink /proc/self/ns/${namespace}`)).trim()).toBe(
          await readlink(`/proc/self/ns/${namespace}`),
        );
      }
      expect(await inside("debugger", `cat /host${folder}/file; echo back > /host${folder}/back`)).toBe("of the host");
      expect(await inside("debugger", `cat /host${folder}/back`)).toBe("back\n");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.concurrent("a volume that is missing is told and waited for", async () => {
    const { link } = agent;
    const container = { command: shell("true"), volumeMounts: [{ name: "v", mountPath: "/etc/v" }] };
    const volumes = [{ name: "v", configMap: { name: "volume" } }];
    link.set("pods", podOf("mounted", [container], { volumes, terminationGracePeriodSeconds: 1 }));
    await until(() =>
      expect(link.messagesOf("mounted", "FailedMount")).toEqual([
        'MountVolume.SetUp failed for volume "v" : configmap "volume" not found',
      ]),
    );
    link.set("configmaps", configMap("volume", { file: "one" }));
    await ready("mounted");
    expect(await inside("mounted", "cat /etc/v/file")).toBe("one");
    link.set("configmaps", {
      ...configMap("volume", { file: "two" }),
      metadata: { name: "volume", namespace: "default", resourceVersion: "3" },
    });
    await until(async () => expect(await inside("mounted", "cat /etc/v/file")).toBe("two"));
  });

  test.concurrent("requests and limits become cgroup settings, the class an OOM score", async () => {
    const { link } = agent;
    const resources = { requests: { cpu: "250m", memory: "32Mi" }, limits: { cpu: "1500m", memory: "64Mi" } };
    link.set("pods", podOf("limited", [{ command: shell("true"), resources }], { terminationGracePeriodSeconds: 1 }));
    await ready("limited");
    const { HostConfig } = await docker.getContainer(idOf("limited")).inspect();
    expect(HostConfig).toMatchObject({ CpuShares: 256, CpuQuota: 150_000, CpuPeriod: 100_000, Memory: 64 << 20 });
    expect(HostConfig.OomScoreAdj).toBeGreaterThan(900);
    expect(link.status("limited")?.qosClass).toBe("Burstable");
    expect(containerStatus(agent, "limited", "c0")?.allocatedResources).toEqual(resources.requests);
  });

  test.concurrent("security contexts are kept", async () => {
    const { link } = agent;
    const container = {
      command: ["sh", "-c", "sleep 100000"],
      securityContext: {
        runAsUser: 1234,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
      },
    };
    const securityContext = {
      runAsGroup: 2345,
      fsGroup: 3456,
      supplementalGroups: [4567],
      sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
    };
    link.set("pods", podOf("secure", [container], { securityContext, terminationGracePeriodSeconds: 1 }));
    await ready("secure");
    const found = await inside(
      "secure",
      "id -u; id -g; id -G; touch /x 2>&1; grep -E 'NoNewPrivs|CapBnd' /proc/1/status; cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
    );
    expect(found.split("\n")).toEqual(
      expect.arrayContaining([
        "1234",
        "2345",
        expect.stringMatching(/3456.*4567|4567.*3456/),
        expect.stringContaining("Read-only file system"),
        "NoNewPrivs:\t1",
        expect.stringMatching(/^CapBnd:\t0+$/),
        "0",
      ]),
    );
    const nonRoot = { securityContext: { runAsNonRoot: true }, terminationGracePeriodSeconds: 1 };
    link.set("pods", podOf("as-root", [{ command: shell("true") }], nonRoot));
    link.set("pods", podOf("as-name", [{ image: namedUser.tag }], nonRoot));
    const message = (pod: string) => containerStatus(agent, pod, "c0")?.state?.waiting?.message;
    await until(() =>
      expect(message("as-root")).toMatch(
        /^container has runAsNonRoot and image will run as root \(pod: "as-root_default\(/,
      ),
    );
    await until(() =>
      expect(message("as-name")).toMatch(
        /^container has runAsNonRoot and image has non-numeric user \(nobody\), cannot verify/,
      ),
    );
  });

  test.concurrent("hosts, resolv.conf, hostname and shared processes are as the pod wants them", async () => {
    const { link } = agent;
    link.set(
      "pods",
      podOf("files", [{ command: shell("true") }], {
        hostname: "alpha",
        subdomain: "sub",
        hostAliases: [{ ip: "10.1.2.3", hostnames: ["db", "db.local"] }],
        dnsPolicy: "None",
        dnsConfig: { nameservers: ["192.0.2.53"], searches: ["example.org"], options: [{ name: "ndots", value: "2" }] },
        shareProcessNamespace: true,
        terminationGracePeriodSeconds: 1,
      }),
    );
    await ready("files");
    expect(await inside("files", "hostname")).toBe("alpha\n");
    expect(await inside("files", "cat /etc/resolv.conf")).toBe(
      "search example.org\nnameserver 192.0.2.53\noptions ndots:2\n",
    );
    const hosts = await inside("files", "cat /etc/hosts");
    expect(hosts).toMatch(/^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
    expect(hosts).toContain(`${link.status("files")?.podIP}\talpha.sub.default.svc.cluster.local\talpha\n`);
    expect(hosts).toContain("# Entries added by HostAliases.\n10.1.2.3\tdb\tdb.local\n");
    expect(await inside("files", "ps -o pid,args | grep '^ *1 '")).toContain("/pause");
  });

  test.concurrent("the host's network is the host's, and host ports lead to the pod", async () => {
    const { link } = agent;
    link.set(
      "pods",
      podOf("host", [{ command: shell("true") }], { hostNetwork: true, terminationGracePeriodSeconds: 1 }),
    );
    const serve = ["sh", "-c", "mkdir /www; echo hi > /www/index.html; exec httpd -f -p 80 -h /www"];
    const hostPort = await freePort();
    const ports = [{ containerPort: 80, hostPort, hostIP: "127.0.0.1" }];
    link.set("pods", podOf("port", [{ command: serve, ports }], { terminationGracePeriodSeconds: 1 }));
    await ready("host");
    expect(link.status("host")).toMatchObject({ podIP: "192.0.2.1", hostIP: "192.0.2.1" });
    expect(await inside("host", "cat /etc/hosts")).toMatch(/^# Kubernetes-managed hosts file \(host network\)\./);
    await ready("port");
    await until(async () => expect(await (await fetch(`http://127.0.0.1:${hostPort}/`)).text()).toBe("hi\n"));
  });
});
