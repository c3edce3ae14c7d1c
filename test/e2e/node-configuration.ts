/** Commands, environment, resources and security contexts, as they arrive in containers. */
import { expect, it } from "vitest";
import { configMap, type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { conditionOf, containerOf, waitingFor } from "./pod-watch.ts";

export function configurationObjects(): object[] {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "env" },
    stringData: { token: "s3cret", other: "o" },
  };
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const resource = (name: string, resource: string, divisor: string) => ({
    name,
    valueFrom: { resourceFieldRef: { resource, divisor } },
  });
  return [
    configMap("env", { one: "1", "with.dot": "dotted" }),
    secret,
    podOf(
      "environment",
      [
        {
          name: "app",
          command: ["sh", "-c"],
          args: [
            `echo '$(GREETING)|$$(GREETING)|$(NOT_THERE)'"|$0" > /tmp/args; trap "exit 0" TERM; sleep 100000 & wait`,
            "$(WHO)",
          ],
          envFrom: [
            { configMapRef: { name: "env" } },
            { prefix: "S_", secretRef: { name: "env" } },
            { configMapRef: { name: "no-such", optional: true } },
          ],
          env: [
            { name: "WHO", value: "you" },
            { name: "GREETING", value: "hello $(WHO) $$(WHO) $(LATER)" },
            { name: "LATER", value: "x" },
            { name: "one", value: "overridden" },
            { name: "FROM_MAP", valueFrom: { configMapKeyRef: { name: "env", key: "one" } } },
            { name: "FROM_SECRET", valueFrom: { secretKeyRef: { name: "env", key: "token" } } },
            { name: "OPTIONAL", valueFrom: { secretKeyRef: { name: "none", key: "k", optional: true } } },
            field("NAME", "metadata.name"),
            field("NAMESPACE", "metadata.namespace"),
            field("UID_", "metadata.uid"),
            field("LABEL", "metadata.labels['app']"),
            field("NODE", "spec.nodeName"),
            field("ACCOUNT", "spec.serviceAccountName"),
            field("IP", "status.podIP"),
            field("HOST_IP", "status.hostIP"),
            resource("CPU", "limits.cpu", "1m"),
            resource("MEMORY", "requests.memory", "1Mi"),
          ],
          resources: { requests: { cpu: "100m", memory: "16Mi" }, limits: { cpu: "250m", memory: "32Mi" } },
        },
      ],
      {},
    ),
    podOf("waits-for-map", [
      { command: shell("true"), env: [{ name: "V", valueFrom: { configMapKeyRef: { name: "late", key: "v" } } }] },
    ]),
    podOf("waits-for-key", [
      { command: shell("true"), env: [{ name: "V", valueFrom: { secretKeyRef: { name: "env", key: "nope" } } }] },
    ]),
    podOf(
      "secured",
      [
        {
          command: shell("true"),
          securityContext: {
            runAsUser: 1000,
            runAsGroup: 1000,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
          },
          volumeMounts: [{ name: "data", mountPath: "/data" }],
        },
      ],
      { securityContext: { fsGroup: 2000, supplementalGroups: [3000] }, volumes: [{ name: "data", emptyDir: {} }] },
    ),
    podOf("privileged", [{ command: shell("true"), securityContext: { privileged: true } }]),
    podOf("must-not-be-root", [{ command: shell("true"), securityContext: { runAsNonRoot: true } }]),
  ];
}

export function configurationTests(cluster: NodeCluster): void {
  const { pods } = cluster;

  it.concurrent("command, args and env are expanded and filled", async () => {
    const pod = await pods.ready("environment");
    expect(await cluster.sh("environment", "cat /tmp/args")).toBe(
      "hello you $(WHO) $(LATER)|$(GREETING)|$(NOT_THERE)|you\n",
    );
    const env = await cluster.run("exec", "environment", "--", "env");
    const { uid } = pod.metadata;
    for (const line of [
      "one=overridden",
      "with.dot=dotted",
      "S_token=s3cret",
      "S_other=o",
      "FROM_MAP=1",
      "FROM_SECRET=s3cret",
      "NAME=environment",
      "NAMESPACE=default",
      `UID_=${uid}`,
      "LABEL=environment",
      "NODE=e2e",
      "ACCOUNT=default",
      `IP=${pod.status?.podIP}`,
      `HOST_IP=${pod.status?.hostIP}`,
      "CPU=250",
      "MEMORY=16",
      "HOSTNAME=environment",
    ]) {
      expect(env.split("\n")).toContain(line);
    }
    expect(env).not.toContain("OPTIONAL");
    expect(env).toMatch(/^KUBERNETES_SERVICE_HOST=10\./m);
    expect(env).toMatch(/^KUBERNETES_SERVICE_PORT=443$/m);
  });

  it.concurrent("limits are cgroup settings", async () => {
    const { HostConfig } = await cluster.inspect(await pods.ready("environment"));
    expect(HostConfig).toMatchObject({
      Memory: 32 << 20,
      MemorySwap: 32 << 20,
      CpuQuota: 25_000,
      CpuPeriod: 100_000,
      CpuShares: 102,
    });
    const limits = await cluster.sh(
      "environment",
      "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    );
    expect(limits).toMatch(/^33554432\n25000( 100000)?\n$/);
    const { stdout } = await cluster.attempt(["get", "pod", "environment", "-o", "jsonpath={.status.qosClass}"]);
    expect(stdout).toBe("Burstable");
  });

  it.concurrent("what refers to a missing object waits, says so, and starts when it comes", async () => {
    const waiting = await pods.now("waits-for-map", (pod) => waitingFor(pod) === "CreateContainerConfigError");
    expect(containerOf(waiting)?.state?.waiting?.message).toBe('configmap "late" not found');
    expect((await cluster.row("waits-for-map"))[2]).toBe("CreateContainerConfigError");
    await cluster.described("waits-for-map", /Warning +Failed .*Error: configmap "late" not found/);
    const key = await pods.now("waits-for-key", (pod) => waitingFor(pod) === "CreateContainerConfigError");
    expect(containerOf(key)?.state?.waiting?.message).toBe("couldn't find key nope in Secret default/env");
    await cluster.create(configMap("late", { v: "came" }));
    await pods.ready("waits-for-map", 8000);
    expect(await cluster.sh("waits-for-map", "echo $V")).toBe("came\n");
    await cluster.run("patch", "secret", "env", "-p", '{"stringData":{"nope":"yes"}}');
    await pods.ready("waits-for-key", 8000);
  });

  it.concurrent("security contexts", async () => {
    await pods.ready("secured");
    expect(
      await cluster.sh(
        "secured",
        "id -u; id -g; id -G; touch /no 2>&1; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status",
      ),
    ).toBe(
      "1000\n1000\n1000 2000 3000\ntouch: /no: Read-only file system\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\n",
    );
    expect(await cluster.sh("secured", "touch /data/file && stat -c %g /data /data/file")).toBe("2000\n2000\n");
    // Engines without all capabilities themselves cannot start it; what they were asked for is to be seen all the same.
    const privileged = await pods.ever("privileged", (pod) => containerOf(pod)?.containerID !== undefined);
    expect((await cluster.inspect(privileged)).HostConfig.Privileged).toBe(true);
    const refused = await pods.now("must-not-be-root", (pod) => waitingFor(pod) === "CreateContainerConfigError");
    expect(containerOf(refused)?.state?.waiting?.message).toMatch(
      /^container has runAsNonRoot and image will run as root \(pod: "must-not-be-root_default\(.*\)", container: c0\)$/,
    );
  });

  it.concurrent("all conditions of a pod, in order of time", async () => {
    const pod = await pods.ready("secured");
    for (const type of ["PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"]) {
      expect(conditionOf(pod, type), type).toBe("True");
    }
    expect(await cluster.run("wait", "--for=condition=Ready", "pod/secured", "--timeout=5s")).toBe(
      "pod/secured condition met\n",
    );
    expect(
      (await cluster.attempt(["wait", "--for=condition=Ready", "pod/must-not-be-root", "--timeout=1s"])).code,
    ).toBe(1);
  });
}
