import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isPodAvailable,
  isPodReady,
  podAvailableAt,
  withPodCondition,
} from "../../../../src/machinery/kinds/core/pod/conditions.ts";
import { isPodActive, isPodTerminal, isPodTerminating } from "../../../../src/machinery/kinds/core/pod/phase.ts";
import { hostPorts, hostPortsConflict, targetPortOf } from "../../../../src/machinery/kinds/core/pod/ports.ts";
import { qosClassOf } from "../../../../src/machinery/kinds/core/pod/qos.ts";
import { podLimits, podRequests } from "../../../../src/machinery/kinds/core/pod/resources.ts";
import {
  firstUntoleratedTaint,
  tolerates,
  tolerationSeconds,
} from "../../../../src/machinery/kinds/core/pod/tolerations.ts";
import type { Container, Pod, PodSpec, Taint, Toleration } from "../../../../src/machinery/types/core/v1.ts";

const pod = (spec: Partial<PodSpec>, status: Pod["status"] = {}): Pod => ({
  metadata: { name: "p" },
  spec: { containers: [], ...spec },
  status,
});
const asks = (name: string, requests: Record<string, string>, fields: Partial<Container> = {}): Container => ({
  name,
  resources: { requests },
  ...fields,
});

describe("what a pod requests", () => {
  it("is the sum of its containers, cpu in thousandths and the rest in units", () => {
    const containers = [asks("a", { cpu: "250m", memory: "1Gi" }), asks("b", { cpu: "1", "example.com/gpu": "2" })];
    expect(podRequests(pod({ containers }))).toEqual({ cpu: 1250, memory: 2 ** 30, "example.com/gpu": 2 });
  });

  it("is at least what its largest init container needs beside the sidecars before it", () => {
    const always = { restartPolicy: "Always" };
    const spec = {
      containers: [asks("a", { cpu: "100m", memory: "100" })],
      initContainers: [
        asks("first", { cpu: "1", memory: "10" }),
        asks("sidecar", { cpu: "200m", memory: "20" }, always),
        asks("second", { cpu: "900m", memory: "30" }),
      ],
    };
    expect(podRequests(pod(spec))).toEqual({ cpu: 1100, memory: 120 });
  });

  it("adds the overhead, and heeds what is given for the pod as a whole", () => {
    const spec = {
      containers: [asks("a", { cpu: "100m", "example.com/gpu": "1" })],
      overhead: { cpu: "10m", memory: "5" },
      resources: { requests: { cpu: "2" } },
    };
    expect(podRequests(pod(spec))).toEqual({ cpu: 2010, memory: 5, "example.com/gpu": 1 });
    expect(podLimits(pod({ overhead: { cpu: "10m" }, containers: [{ name: "a" }] }))).toEqual({});
  });
});

describe("the QoS class", () => {
  const full = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1000m", memory: "1024Mi" } };
  it.each<[string, Partial<PodSpec>, string]>([
    ["BestEffort", { containers: [{ name: "a" }] }, "BestEffort"],
    [
      "BestEffort where only other resources are asked",
      { containers: [asks("a", { "example.com/gpu": "1" })] },
      "BestEffort",
    ],
    ["Burstable", { containers: [asks("a", { cpu: "1" })] }, "Burstable"],
    ["Guaranteed, however the amounts are written", { containers: [{ name: "a", resources: full }] }, "Guaranteed"],
    [
      "Guaranteed where a request left out is the limit",
      {
        containers: [
          { name: "a", resources: full },
          { name: "b", resources: { ...full, requests: { cpu: "1" } } },
        ],
      },
      "Guaranteed",
    ],
    [
      "Burstable where one container asks less than it may have",
      { containers: [{ name: "a", resources: { ...full, requests: { cpu: "500m", memory: "1Gi" } } }] },
      "Burstable",
    ],
    [
      "Burstable where an init container has no limits",
      { containers: [{ name: "a", resources: full }], initContainers: [{ name: "i" }] },
      "Burstable",
    ],
    ["decided by the pod's own resources", { containers: [{ name: "a" }], resources: full }, "Guaranteed"],
  ])("is %s", (_, spec, expected) => {
    expect(qosClassOf(pod(spec))).toBe(expected);
  });
});

describe("conditions", () => {
  const since = (status: string) =>
    pod({}, { conditions: [{ type: "Ready", status, lastTransitionTime: "2026-01-01T00:00:00Z" }] });
  const start = Date.parse("2026-01-01T00:00:00Z");

  it("tell when a pod is ready and when available", () => {
    expect(isPodReady(since("True"))).toBe(true);
    expect(isPodReady(since("False"))).toBe(false);
    expect(isPodAvailable(since("True"), 10, start + 9_999)).toBe(false);
    expect(isPodAvailable(since("True"), 10, start + 10_000)).toBe(true);
    expect(isPodAvailable(since("False"), 0, start)).toBe(false);
    expect(podAvailableAt(since("True"), 10)).toBe(start + 10_000);
    expect(podAvailableAt(since("False"), 10)).toBeUndefined();
  });

  it("keep their transition time while the status stays, and their list while nothing changes", () => {
    const { conditions } = since("True").status ?? {};
    const later = { type: "Ready", status: "True", lastTransitionTime: "2026-01-02T00:00:00Z" };
    expect(withPodCondition(conditions, later)).toBe(conditions);
    expect(withPodCondition(conditions, { ...later, message: "new" })).toEqual([
      { ...later, message: "new", lastTransitionTime: "2026-01-01T00:00:00Z" },
    ]);
    expect(withPodCondition(conditions, { ...later, status: "False" })).toEqual([{ ...later, status: "False" }]);
    expect(withPodCondition(undefined, later)).toEqual([later]);
  });
});

describe("phases", () => {
  it.each([
    ["Pending", false, { terminal: false, active: true, terminating: false }],
    ["Running", true, { terminal: false, active: false, terminating: true }],
    ["Succeeded", false, { terminal: true, active: false, terminating: false }],
    ["Failed", true, { terminal: true, active: false, terminating: false }],
  ])("%s, deleted: %s", (phase, deleted, expected) => {
    const some = pod({}, { phase });
    if (deleted) some.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    expect({
      terminal: isPodTerminal(some),
      active: isPodActive(some),
      terminating: isPodTerminating(some),
    }).toEqual(expected);
  });
});

describe("tolerations", () => {
  const taint = { key: "k", value: "v", effect: "NoSchedule" };
  it.each<[string, Toleration, Taint, boolean]>([
    ["equal", { key: "k", value: "v", effect: "NoSchedule" }, taint, true],
    ["another value", { key: "k", value: "w" }, taint, false],
    ["any effect", { key: "k", operator: "Exists" }, taint, true],
    ["another effect", { key: "k", operator: "Exists", effect: "NoExecute" }, taint, false],
    ["every taint", { operator: "Exists" }, taint, true],
    ["nothing without a key", { value: "v" }, taint, false],
    ["an empty value", { key: "k" }, { key: "k", effect: "NoSchedule" }, true],
    ["greater", { key: "k", operator: "Gt", value: "5" }, { ...taint, value: "7" }, true],
    ["not less", { key: "k", operator: "Lt", value: "5" }, { ...taint, value: "7" }, false],
    ["no number", { key: "k", operator: "Gt", value: "5" }, taint, false],
  ])("%s", (_, toleration, against, expected) => {
    expect(tolerates(toleration, against)).toBe(expected);
  });

  it("find the first taint that is not tolerated", () => {
    const soft = { key: "s", effect: "PreferNoSchedule" };
    const hard = (candidate: Taint) => candidate.effect !== "PreferNoSchedule";
    expect(firstUntoleratedTaint([soft, taint], [], hard)).toBe(taint);
    expect(firstUntoleratedTaint([soft, taint], [{ key: "k", operator: "Exists" }], hard)).toBeUndefined();
  });

  it("say how long a pod may stay", () => {
    const evicting = [
      { key: "a", effect: "NoExecute" },
      { key: "b", effect: "NoExecute" },
    ];
    const stay = (key: string, seconds?: number): Toleration => ({
      key,
      operator: "Exists",
      ...(seconds === undefined ? {} : { tolerationSeconds: seconds }),
    });
    expect(tolerationSeconds(evicting, [stay("a", 300)])).toBe(0);
    expect(tolerationSeconds(evicting, [stay("a", 300), stay("b", 60)])).toBe(60);
    expect(tolerationSeconds(evicting, [stay("a"), stay("b")])).toBe(Number.POSITIVE_INFINITY);
    expect(tolerationSeconds([taint], [])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("ports", () => {
  it("of the host are those of containers and sidecars", () => {
    const port = (hostPort: number) => [{ containerPort: 80, hostPort }];
    const spec = {
      containers: [{ name: "a", ports: port(1) }],
      initContainers: [
        { name: "i", ports: port(2) },
        { name: "s", restartPolicy: "Always", ports: port(3) },
      ],
    };
    expect(hostPorts(pod(spec)).map((each) => each.port)).toEqual([1, 3]);
  });

  it("conflict on one address, or where one side takes them all", () => {
    const at = (hostIP: string, protocol = "TCP") => ({ hostIP, protocol, port: 80 });
    expect(hostPortsConflict(at("10.0.0.1"), at("10.0.0.2"))).toBe(false);
    expect(hostPortsConflict(at("10.0.0.1"), at(""))).toBe(true);
    expect(hostPortsConflict(at("0.0.0.0"), at("10.0.0.2"))).toBe(true);
    expect(hostPortsConflict(at(""), at("", "UDP"))).toBe(false);
    fc.assert(
      fc.property(fc.constantFrom("", "0.0.0.0", "10.0.0.1", "10.0.0.2"), fc.constantFrom("", "10.0.0.1"), (a, b) => {
        expect(hostPortsConflict(at(a), at(b))).toBe(hostPortsConflict(at(b), at(a)));
      }),
    );
  });

  it("of a service are found by number or by name and protocol", () => {
    const some = pod({ containers: [{ name: "a", ports: [{ name: "http", containerPort: 8080 }] }] });
    expect(targetPortOf(some, { port: 80 })).toBe(80);
    expect(targetPortOf(some, { port: 80, targetPort: 81 })).toBe(81);
    expect(targetPortOf(some, { port: 80, targetPort: "http" })).toBe(8080);
    expect(targetPortOf(some, { port: 80, targetPort: "http", protocol: "UDP" })).toBeUndefined();
  });
});
