import { describe, expect, test } from "vitest";
import { ContainerConfigError } from "../../../src/agent/container/config-error.ts";
import { containerEnvironment, type EnvironmentSource } from "../../../src/agent/container/env.ts";
import { expand } from "../../../src/agent/container/expansion.ts";
import { qosClassOf } from "../../../src/agent/container/qos.ts";
import { cgroupSettings } from "../../../src/agent/container/resources.ts";
import { securitySettings } from "../../../src/agent/container/security.ts";
import { serviceEnvironment } from "../../../src/agent/container/service-env.ts";
import type { ResourceRequirements, Service } from "../../../src/machinery/types/core/v1.ts";
import { container, pod } from "../pod/pod-fixture.ts";

test.each([
  ["plain", "plain"],
  ["$(A)", "1"],
  ["$(A)$(B)", "12"],
  ["$(NOPE)", "$(NOPE)"],
  ["$$(A)", "$(A)"],
  ["$$$(A)", "$1"],
  ["$A", "$A"],
  ["$(A", "$(A"],
  ["a$", "a$"],
  ["$$", "$"],
  ["$()", "$()"],
])("expand %s", (text, expected) => {
  const known = new Map([
    ["A", "1"],
    ["B", "2"],
  ]);
  expect(expand(text, known)).toBe(expected);
});

describe("services in the environment", () => {
  const service = (namespace: string, name: string, clusterIP: string, ...ports: object[]): Service =>
    ({ metadata: { namespace, name }, spec: { clusterIP, ports } }) as Service;
  const all = [
    service("default", "kubernetes", "10.96.0.1", { name: "https", port: 443 }),
    service("team", "redis-main", "10.96.0.5", { name: "a", port: 6379 }, { name: "b", port: 53, protocol: "UDP" }),
    service("other", "hidden", "10.96.0.6", { port: 1 }),
    service("team", "headless", "None", { port: 1 }),
  ];
  test("those of the namespace, and the API server", () => {
    expect(Object.fromEntries(serviceEnvironment(all, "team", true))).toEqual({
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
      KUBERNETES_SERVICE_PORT: "443",
      KUBERNETES_SERVICE_PORT_HTTPS: "443",
      KUBERNETES_PORT: "tcp://10.96.0.1:443",
      KUBERNETES_PORT_443_TCP: "tcp://10.96.0.1:443",
      KUBERNETES_PORT_443_TCP_PROTO: "tcp",
      KUBERNETES_PORT_443_TCP_PORT: "443",
      KUBERNETES_PORT_443_TCP_ADDR: "10.96.0.1",
      REDIS_MAIN_SERVICE_HOST: "10.96.0.5",
      REDIS_MAIN_SERVICE_PORT: "6379",
      REDIS_MAIN_SERVICE_PORT_A: "6379",
      REDIS_MAIN_SERVICE_PORT_B: "53",
      REDIS_MAIN_PORT: "tcp://10.96.0.5:6379",
      REDIS_MAIN_PORT_6379_TCP: "tcp://10.96.0.5:6379",
      REDIS_MAIN_PORT_6379_TCP_PROTO: "tcp",
      REDIS_MAIN_PORT_6379_TCP_PORT: "6379",
      REDIS_MAIN_PORT_6379_TCP_ADDR: "10.96.0.5",
      REDIS_MAIN_PORT_53_UDP: "udp://10.96.0.5:53",
      REDIS_MAIN_PORT_53_UDP_PROTO: "udp",
      REDIS_MAIN_PORT_53_UDP_PORT: "53",
      REDIS_MAIN_PORT_53_UDP_ADDR: "10.96.0.5",
    });
  });
  test("without links, only the API server", () => {
    const names = [...serviceEnvironment(all, "team", false).keys()];
    expect(names.every((name) => name.startsWith("KUBERNETES_"))).toBe(true);
  });
});

describe("the environment", () => {
  const source: EnvironmentSource = {
    configMap: (_, name) => (name === "c" ? { metadata: { name }, data: { k: "v" } } : undefined),
    secret: (_, name) => (name === "s" ? { metadata: { name }, data: { k: btoa("w") } } : undefined),
    services: () => [],
    allocatable: () => ({ cpu: "3", memory: "1Gi" }),
  };
  const env = (...env: object[]) => containerEnvironment(pod(), container("app", { env: env as never }), source);
  test.each([
    [{ configMapKeyRef: { name: "c", key: "no" } }, "couldn't find key no in ConfigMap default/c"],
    [{ configMapKeyRef: { name: "no", key: "k" } }, 'configmap "no" not found'],
    [{ secretKeyRef: { name: "s", key: "no" } }, "couldn't find key no in Secret default/s"],
    [{ secretKeyRef: { name: "no", key: "k" } }, 'secret "no" not found'],
  ])("%j fails with the kubelet's words", (valueFrom, message) => {
    expect(() => env({ name: "A", valueFrom })).toThrow(new ContainerConfigError(message));
    const [[ref, value]] = Object.entries(valueFrom) as [[string, object]];
    expect(env({ name: "A", valueFrom: { [ref]: { ...value, optional: true } } }).has("A")).toBe(false);
  });
  test("later variables see earlier ones, not the other way round", () => {
    const found = env({ name: "A", value: "$(B)" }, { name: "B", value: "b" }, { name: "C", value: "$(B)" });
    expect(Object.fromEntries(found)).toEqual({ A: "$(B)", B: "b", C: "b" });
  });
  test("a limit that is not set is the node's allocatable", () => {
    const resourceFieldRef = { resource: "limits.cpu" };
    expect(env({ name: "A", valueFrom: { resourceFieldRef } }).get("A")).toBe("3");
  });
});

test.each([
  [{}, "BestEffort"],
  [{ requests: { cpu: "1" } }, "Burstable"],
  [{ limits: { cpu: "1", memory: "1Gi" } }, "Guaranteed"],
  [{ requests: { cpu: "1000m", memory: "1Gi" }, limits: { cpu: "1", memory: "1024Mi" } }, "Guaranteed"],
  [{ requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } }, "Burstable"],
  [{ limits: { memory: "1Gi" } }, "Burstable"],
  [{ requests: { "example.org/gpu": "1" } }, "BestEffort"],
] as [ResourceRequirements, string][])("%j is %s", (resources, expected) => {
  expect(qosClassOf(pod({ containers: [container("app", { resources })] }))).toBe(expected);
});

describe("cgroup settings", () => {
  const settings = (resources: ResourceRequirements) => {
    const subject = container("app", { resources });
    return cgroupSettings(pod({ containers: [subject] }), subject, 4 * 2 ** 30);
  };
  test.each([
    [{}, { cpuShares: 2, oomScoreAdj: 1000 }],
    [{ requests: { cpu: "100m", memory: "1Gi" } }, { cpuShares: 102, oomScoreAdj: 750 }],
    [{ requests: { memory: "1" } }, { cpuShares: 2, oomScoreAdj: 999 }],
    [{ requests: { memory: "8Gi" } }, { cpuShares: 2, oomScoreAdj: 3 }],
    [
      { limits: { cpu: "2", memory: "128Mi" } },
      { cpuShares: 2048, cpuQuota: 200_000, cpuPeriod: 100_000, memoryLimitBytes: 128 << 20, oomScoreAdj: -997 },
    ],
    [{ limits: { cpu: "1m" } }, { cpuShares: 2, cpuQuota: 1000, cpuPeriod: 100_000, oomScoreAdj: 999 }],
  ])("%j", (resources, expected) => {
    expect(settings(resources as ResourceRequirements)).toEqual(expected);
  });
});

describe("security contexts", () => {
  const settings = (own: object, ofPod: object = {}, imageUser = "") =>
    securitySettings({
      pod: pod({ securityContext: ofPod }),
      container: container("app", { securityContext: own }),
      imageUser,
      seccompFolder: "/nonexistent/seccomp",
    });
  test("the container's own wins over the pod's", async () => {
    expect(
      await settings({ runAsUser: 1 }, { runAsUser: 2, runAsGroup: 3, fsGroup: 4, supplementalGroups: [4, 5] }),
    ).toMatchObject({
      user: "1:3",
      supplementalGroups: [4, 5],
    });
    expect(await settings({}, { runAsGroup: 3 }, "7:8")).toMatchObject({ user: "7:3" });
    expect((await settings({})).user).toBeUndefined();
    expect((await settings({ seccompProfile: { type: "Unconfined" } })).securityOpts).toEqual(["seccomp=unconfined"]);
  });
  test("runAsNonRoot is verified", async () => {
    const where = '(pod: "web_default(u)", container: app)';
    const nonRoot = { runAsNonRoot: true };
    await expect(settings({ ...nonRoot, runAsUser: 0 })).rejects.toThrow(
      `container's runAsUser breaks non-root policy ${where}`,
    );
    await expect(settings(nonRoot, {}, "0:5")).rejects.toThrow(
      `container has runAsNonRoot and image will run as root ${where}`,
    );
    await expect(settings(nonRoot, {}, "www")).rejects.toThrow(
      `container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root ${where}`,
    );
    expect(await settings(nonRoot, {}, "1000")).toBeDefined();
  });
  test("a seccomp profile that is not there, or not below the folder, is refused", async () => {
    const local = (localhostProfile: string) => ({ seccompProfile: { type: "Localhost", localhostProfile } });
    await expect(settings(local("a.json"))).rejects.toThrow('failed to load seccomp profile "a.json"');
    await expect(settings(local("../a.json"))).rejects.toThrow("must be a path below");
  });
});
