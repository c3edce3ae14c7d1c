import { describe, expect, it } from "vitest";
import { humanDuration } from "../../../src/machinery/kinds/human-duration.ts";
import { defaulted, definitionOf, faults, row, updateFaults } from "./support.ts";

const meta = { name: "x", creationTimestamp: "2026-01-01T00:00:00Z" };
const now = Date.parse("2026-01-01T00:05:00Z");

describe("ages", () => {
  it.each([
    [-3000, "<invalid>"],
    [-500, "0s"],
    [0, "0s"],
    [119_000, "119s"],
    [120_000, "2m"],
    [200_000, "3m20s"],
    [600_000, "10m"],
    [3 * 3600_000, "3h"],
    [5 * 3600_000 + 7 * 60_000, "5h7m"],
    [47 * 3600_000, "47h"],
    [50 * 3600_000, "2d2h"],
    [12 * 86400_000, "12d"],
    [800 * 86400_000, "2y70d"],
    [3650 * 86400_000, "10y"],
  ])("%i ms is %s", (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });
});

describe("a HorizontalPodAutoscaler", () => {
  const v2 = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
        { type: "Pods", pods: { metric: { name: "rps" }, target: { type: "AverageValue", averageValue: "10" } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
    },
    status: { currentReplicas: 3, desiredReplicas: 4, conditions: [{ type: "AbleToScale", status: "True" }] },
  };
  const convert = definitionOf("HorizontalPodAutoscaler").convert;

  it("goes through autoscaling/v1 and comes back whole", () => {
    const v1 = convert?.(v2, "v1");
    expect(v1).toMatchObject({
      apiVersion: "autoscaling/v1",
      spec: { minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 70 },
      metadata: {
        annotations: {
          "autoscaling.alpha.kubernetes.io/metrics":
            '[{"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"10"}}]',
        },
      },
    });
    expect(v1?.spec).not.toHaveProperty("metrics");
    expect(convert?.(v1 ?? { metadata: {} }, "v2")).toEqual(v2);
  });

  it("aims at 80 % of cpu where nothing is said", () => {
    const bare = { ...v2, spec: { scaleTargetRef: v2.spec.scaleTargetRef, maxReplicas: 3 } };
    expect(defaulted("HorizontalPodAutoscaler", bare).spec).toMatchObject({
      minReplicas: 1,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { averageUtilization: 80 } } }],
    });
  });

  it("prints its targets", () => {
    expect(row("HorizontalPodAutoscaler", v2, now)).toMatchObject({
      Reference: "Deployment/web",
      Targets: "cpu: <unknown>/70%, <unknown>/10",
      MinPods: "2",
      MaxPods: 5,
      Replicas: 3,
    });
  });

  it("is checked", () => {
    const bad = {
      ...v2,
      spec: { ...v2.spec, minReplicas: 4, maxReplicas: 3, metrics: [{ type: "Pods" }], behavior: {} },
    };
    expect(faults("HorizontalPodAutoscaler", bad).slice(0, 2)).toEqual([
      "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
      "spec.metrics[0].pods: Required value: must populate information for the given metric source",
    ]);
  });
});

describe("RBAC", () => {
  const binding = {
    kind: "RoleBinding",
    metadata: meta,
    roleRef: { kind: "Role", name: "reader" },
    subjects: [
      { kind: "User", name: "ann" },
      { kind: "ServiceAccount", name: "robot", namespace: "default" },
    ],
  };

  it("fills in its own group", () => {
    expect(defaulted("RoleBinding", binding)).toMatchObject({
      roleRef: { apiGroup: "rbac.authorization.k8s.io" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io" }, { kind: "ServiceAccount" }],
    });
    expect(faults("RoleBinding", binding)).toEqual([]);
  });

  it("refuses subjects and roles that cannot be, and another role later", () => {
    expect(
      faults("ClusterRoleBinding", {
        ...binding,
        kind: "ClusterRoleBinding",
        subjects: [
          { kind: "Robot", name: "" },
          { kind: "ServiceAccount", name: "a" },
        ],
      }),
    ).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      "subjects[0].name: Required value",
      'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
      "subjects[1].namespace: Required value",
    ]);
    expect(updateFaults("RoleBinding", { ...binding, roleRef: { kind: "Role", name: "writer" } }, binding)).toEqual([
      'roleRef: Invalid value: {"kind":"Role","name":"writer","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
    ]);
  });

  it("needs verbs, groups and resources in a rule", () => {
    expect(
      faults("Role", { kind: "Role", metadata: meta, rules: [{}, { verbs: ["get"], nonResourceURLs: ["/x"] }] }),
    ).toEqual([
      "rules[0].verbs: Required value: verbs must contain at least one value",
      "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
      "rules[0].resources: Required value: resource rules must supply at least one resource",
      'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ]);
  });

  it("prints subjects by their kind", () => {
    expect(row("RoleBinding", binding, now)).toMatchObject({
      Role: "Role/reader",
      Users: "ann",
      Groups: "",
      ServiceAccounts: "default/robot",
    });
    expect(row("ClusterRole", { metadata: meta }, now)).toEqual({ Name: "x", "Created At": meta.creationTimestamp });
  });
});

describe("networking", () => {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const ingress = {
    metadata: meta,
    spec: {
      ingressClassName: "nginx",
      rules: [{ host: "a.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };

  it("an Ingress is checked and printed", () => {
    expect(faults("Ingress", ingress)).toEqual([]);
    expect(row("Ingress", ingress, now)).toMatchObject({
      Class: "nginx",
      Hosts: "a.example.com",
      Address: "",
      Ports: "80",
    });
    expect(faults("Ingress", { metadata: meta, spec: {} })).toEqual([
      "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified",
    ]);
    const paths = [
      { path: "x", pathType: "Exact", backend: {} },
      { path: "/a//b", backend },
    ];
    expect(faults("Ingress", { metadata: meta, spec: { rules: [{ host: "10.0.0.1", http: { paths } }] } })).toEqual([
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
      'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
      "spec.rules[0].http.paths[0].backend: Required value: resource or service backend is required",
      "spec.rules[0].http.paths[1].pathType: Required value: pathType must be specified",
    ]);
  });

  it("a NetworkPolicy is about what comes in, and about what goes out where it says so", () => {
    const policy = (spec: object) => ({ metadata: meta, spec: { podSelector: {}, ...spec } });
    expect(defaulted("NetworkPolicy", policy({})).spec).toMatchObject({ policyTypes: ["Ingress"] });
    const both = defaulted("NetworkPolicy", policy({ egress: [{ ports: [{ port: 53 }] }] }));
    expect(both.spec).toMatchObject({
      policyTypes: ["Ingress", "Egress"],
      egress: [{ ports: [{ protocol: "TCP" }] }],
    });
    const block = { cidr: "10.0.0.0/16", except: ["10.1.0.0/24", "10.0.1.0/24"] };
    expect(faults("NetworkPolicy", policy({ ingress: [{ from: [{ ipBlock: block }, {}] }] }))).toEqual([
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.1.0.0/24": must be a strict subset of `cidr`',
      "spec.ingress[0].from[1]: Required value: must specify a peer",
    ]);
    expect(row("NetworkPolicy", policy({}), now)).toMatchObject({ "Pod-Selector": "<none>" });
  });
});

describe("storage", () => {
  const claim = {
    metadata: meta,
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };

  it("a claim is checked, kept and printed", () => {
    expect(faults("PersistentVolumeClaim", claim)).toEqual([]);
    expect(faults("PersistentVolumeClaim", { metadata: meta, spec: { accessModes: ["Some"] } })).toEqual([
      'spec.accessModes: Unsupported value: "Some": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      "spec.resources[storage]: Required value",
    ]);
    const other = { ...claim, spec: { ...claim.spec, accessModes: ["ReadOnlyMany"] } };
    expect(updateFaults("PersistentVolumeClaim", other, claim)[0]).toMatch(
      /^spec: Forbidden: spec is immutable after creation except resources\.requests and volumeAttributesClassName for bound claims\n/,
    );
    const bound = {
      ...claim,
      spec: { ...claim.spec, volumeName: "pv" },
      status: { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "2Gi" } },
    };
    expect(updateFaults("PersistentVolumeClaim", bound, { ...claim, status: { phase: "Pending" } })).toEqual([]);
    expect(row("PersistentVolumeClaim", bound, now)).toMatchObject({
      Status: "Bound",
      Volume: "pv",
      Capacity: "2Gi",
      "Access Modes": "RWO",
      StorageClass: "",
      VolumeAttributesClass: "<unset>",
      VolumeMode: "<unset>",
    });
  });

  it("a volume comes from one place", () => {
    const volume = (spec: object) => ({
      metadata: meta,
      spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, ...spec },
    });
    expect(faults("PersistentVolume", volume({ hostPath: { path: "/data" } }))).toEqual([]);
    expect(faults("PersistentVolume", volume({}))).toEqual(["spec: Required value: must specify a volume type"]);
    const moved = volume({ hostPath: { path: "/other" } });
    expect(updateFaults("PersistentVolume", moved, volume({ hostPath: { path: "/data" } }))).toEqual([
      "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
    ]);
    expect(
      row("PersistentVolume", defaulted("PersistentVolume", volume({ hostPath: { path: "/" } })), now),
    ).toMatchObject({
      Capacity: "1Gi",
      "Access Modes": "RWO",
      "Reclaim Policy": "Retain",
      Status: "Pending",
      VolumeMode: "Filesystem",
    });
  });

  it("the default storage class is marked", () => {
    const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
    const storageClass = defaulted("StorageClass", { metadata: { ...meta, annotations }, provisioner: "kl.io/local" });
    expect(row("StorageClass", storageClass, now)).toMatchObject({
      Name: "x (default)",
      ReclaimPolicy: "Delete",
      VolumeBindingMode: "Immediate",
      AllowVolumeExpansion: false,
    });
  });
});

describe("the rest", () => {
  it("a PodDisruptionBudget has one bound", () => {
    const budget = { metadata: meta, spec: { minAvailable: 1, maxUnavailable: "10%" } };
    expect(faults("PodDisruptionBudget", budget)).toEqual([
      'spec: Invalid value: {"minAvailable":1,"maxUnavailable":"10%"}: minAvailable and maxUnavailable cannot be both set',
    ]);
    expect(row("PodDisruptionBudget", { metadata: meta, spec: { minAvailable: 1 } }, now)).toMatchObject({
      "Min Available": "1",
      "Max Unavailable": "N/A",
      "Allowed Disruptions": 0,
    });
  });

  it("a PriorityClass of the user's own stays below the system's", () => {
    expect(faults("PriorityClass", { metadata: { name: "mine" }, value: 2_000_000_000 })).toEqual([
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
    ]);
    expect(faults("PriorityClass", { metadata: { name: "system-node-critical" }, value: 2_000_001_000 })).toEqual([]);
  });

  it("limits of a LimitRange follow one another", () => {
    const range = {
      metadata: meta,
      spec: { limits: [{ type: "Container", max: { cpu: "2" }, min: { cpu: "1", memory: "1Gi" } }] },
    };
    expect(defaulted("LimitRange", range)).toMatchObject({
      spec: { limits: [{ default: { cpu: "2" }, defaultRequest: { cpu: "2", memory: "1Gi" } }] },
    });
    const upside = { metadata: meta, spec: { limits: [{ type: "Container", max: { cpu: "1" }, min: { cpu: "2" } }] } };
    expect(faults("LimitRange", upside)).toContain(
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    );
  });

  it("a ResourceQuota prints what is used of what", () => {
    const quota = { metadata: meta, status: { hard: { pods: "5", "limits.cpu": "2" }, used: { pods: "1" } } };
    expect(row("ResourceQuota", quota, now)).toMatchObject({ Request: "pods: 1/5", Limit: "limits.cpu: 0/2" });
  });

  it("a signing request prints its state", () => {
    const request = {
      metadata: meta,
      spec: { signerName: "kubernetes.io/kubelet-serving", username: "node", expirationSeconds: 3600 },
      status: { conditions: [{ type: "Approved" }], certificate: "x" },
    };
    expect(row("CertificateSigningRequest", request, now)).toMatchObject({
      Requestor: "node",
      RequestedDuration: "60m",
      Condition: "Approved,Issued",
    });
  });
});
