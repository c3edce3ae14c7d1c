import { describe, expect, it } from "vitest";
import { defaulted, definitionOf, faults, row, texts, updateFaults } from "../support.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "nginx:1" }] } };
const selector = { matchLabels: { app: "web" } };
const deployment = (spec: object) => ({ metadata: { name: "web" }, spec: { selector, template, ...spec } });

describe("a Deployment", () => {
  it("has the defaults that a real cluster shows", () => {
    expect(defaulted("Deployment", deployment({}))).toEqual({
      metadata: { name: "web" },
      spec: {
        progressDeadlineSeconds: 600,
        replicas: 1,
        revisionHistoryLimit: 10,
        selector: { matchLabels: { app: "web" } },
        strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" }, type: "RollingUpdate" },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            containers: [
              {
                image: "nginx:1",
                imagePullPolicy: "IfNotPresent",
                name: "web",
                resources: {},
                terminationMessagePath: "/dev/termination-log",
                terminationMessagePolicy: "File",
              },
            ],
            dnsPolicy: "ClusterFirst",
            restartPolicy: "Always",
            schedulerName: "default-scheduler",
            securityContext: {},
            terminationGracePeriodSeconds: 30,
          },
        },
      },
      status: {},
    });
  });

  it.each<[string, object, string[]]>([
    ["good", {}, []],
    [
      "without selector and template",
      { selector: undefined, template: undefined },
      ["spec.selector: Required value", "spec.template: Required value"],
    ],
    [
      "an empty selector",
      { selector: {} },
      ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
    ],
    [
      "labels that the selector does not pick",
      { selector: { matchLabels: { app: "db" } } },
      ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
    ],
    [
      "fewer than no replicas",
      { replicas: -1 },
      ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
    ],
    [
      "pods that end",
      { template: { ...template, spec: { ...template.spec, restartPolicy: "Never", activeDeadlineSeconds: 3 } } },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
      ],
    ],
    [
      "a rolling update that cannot move",
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      "more than all unavailable",
      { strategy: { rollingUpdate: { maxUnavailable: "101%" } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      "Recreate with bounds",
      { strategy: { type: "Recreate", rollingUpdate: {} } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      "another strategy",
      { strategy: { type: "Canary" } },
      ['spec.strategy.type: Unsupported value: "Canary": supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      "no time to progress",
      { minReadySeconds: 600 },
      ["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"],
    ],
    [
      "a bad container, under its path",
      { template: { ...template, spec: { containers: [{ name: "web" }] } } },
      ["spec.template.spec.containers[0].image: Required value"],
    ],
  ])("is checked: %s", (_, spec, expected) => {
    expect(faults("Deployment", deployment(spec))).toEqual(expected);
  });

  it("keeps its selector", () => {
    const other = deployment({ selector: { matchLabels: { app: "db" } } });
    expect(updateFaults("Deployment", other, deployment({}))).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable',
    ]);
  });

  it("is checked for counts that cannot be", () => {
    const status = { replicas: 1, updatedReplicas: 2, readyReplicas: 0, availableReplicas: 1 };
    const strategy = definitionOf("Deployment").strategy;
    const old = defaulted("Deployment", deployment({}));
    expect(texts(strategy.validateStatusUpdate?.({ ...old, status }, old))).toEqual([
      "status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas",
      "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas",
    ]);
  });

  it("prints as kubectl shows it", () => {
    const now = Date.parse("2026-01-03T00:00:00Z");
    const object = {
      ...deployment({ replicas: 3 }),
      metadata: { name: "web", creationTimestamp: "2026-01-01T00:00:00Z" },
      status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
    };
    expect(row("Deployment", object, now)).toEqual({
      Name: "web",
      Ready: "2/3",
      "Up-to-date": 3,
      Available: 1,
      Age: "2d",
      Containers: "web",
      Images: "nginx:1",
      Selector: "app=web",
    });
  });
});

describe("a ReplicaSet", () => {
  it("has one replica by default and starts with none", () => {
    const set = defaulted("ReplicaSet", deployment({}));
    expect(set.spec).toMatchObject({ replicas: 1 });
    definitionOf("ReplicaSet").strategy.prepareForCreate?.(set);
    expect(set.status).toEqual({ replicas: 0 });
  });

  it("keeps its selector, and prints its counts", () => {
    expect(updateFaults("ReplicaSet", deployment({ selector: { matchLabels: { a: "b" } } }), deployment({}))).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable',
    ]);
    const object = { ...deployment({ replicas: 3 }), status: { replicas: 2, readyReplicas: 1 } };
    expect(row("ReplicaSet", object, 0)).toMatchObject({ Desired: 3, Current: 2, Ready: 1, Age: "<unknown>" });
  });
});

describe("a StatefulSet", () => {
  it("has the defaults that a real cluster shows", () => {
    expect(defaulted("StatefulSet", deployment({ serviceName: "db" })).spec).toMatchObject({
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      podManagementPolicy: "OrderedReady",
      replicas: 1,
      revisionHistoryLimit: 10,
      updateStrategy: { rollingUpdate: { partition: 0 }, type: "RollingUpdate" },
    });
  });

  it("changes only what may change", () => {
    expect(updateFaults("StatefulSet", deployment({ replicas: 5 }), deployment({}))).toEqual([]);
    expect(updateFaults("StatefulSet", deployment({ serviceName: "x" }), deployment({}))).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });
});

describe("a DaemonSet", () => {
  it("has the defaults that a real cluster shows, and needs a way to move", () => {
    expect(defaulted("DaemonSet", deployment({})).spec).toMatchObject({
      revisionHistoryLimit: 10,
      updateStrategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 }, type: "RollingUpdate" },
    });
    const stuck = deployment({ updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } });
    expect(faults("DaemonSet", stuck)).toEqual([
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
    ]);
  });
});

describe("a ControllerRevision", () => {
  it("names the kind that controls it", () => {
    const object = {
      metadata: {
        name: "web-1",
        ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "u", controller: true }],
      },
      revision: 3,
    };
    expect(row("ControllerRevision", object, 0)).toMatchObject({ Controller: "statefulset.apps/web", Revision: 3 });
  });
});
