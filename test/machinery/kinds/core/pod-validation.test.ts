import { describe, expect, it } from "vitest";
import { defaulted, definitionOf, faults, texts, updateFaults } from "../support.ts";

const container = { name: "web", image: "nginx:1" };
const pod = (spec: object) => ({ metadata: { name: "p" }, spec: { containers: [container], ...spec } });
const withContainer = (fields: object) => pod({ containers: [{ ...container, ...fields }] });

describe("validation of a pod", () => {
  it.each<[string, object, string[]]>([
    ["nothing wrong", pod({}), []],
    ["no containers", pod({ containers: [] }), ["spec.containers: Required value"]],
    [
      "a container without name and image",
      pod({ containers: [{}] }),
      ["spec.containers[0].name: Required value", "spec.containers[0].image: Required value"],
    ],
    [
      "two of one name",
      pod({ containers: [container], initContainers: [container] }),
      ['spec.initContainers[0].name: Duplicate value: "web"'],
    ],
    [
      "a name that is no DNS label",
      withContainer({ name: "Web_1" }),
      [
        `spec.containers[0].name: Invalid value: "Web_1": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [
      "unknown policies",
      { ...pod({ restartPolicy: "Sometimes", dnsPolicy: "No" }) },
      [
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
        'spec.dnsPolicy: Unsupported value: "No": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      ],
    ],
    [
      "a pull policy",
      withContainer({ imagePullPolicy: "Maybe" }),
      [
        'spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
    [
      "ports",
      withContainer({ ports: [{}, { containerPort: 99999 }, { name: "a_b", containerPort: 80, protocol: "ICMP" }] }),
      [
        "spec.containers[0].ports[0].containerPort: Required value",
        "spec.containers[0].ports[1].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive",
        'spec.containers[0].ports[2].name: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'spec.containers[0].ports[2].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
    [
      "one host port twice",
      withContainer({
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 80 },
        ],
      }),
      ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"'],
    ],
    [
      "a request beyond its limit",
      withContainer({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      "a negative amount",
      withContainer({ resources: { requests: { memory: "-1" } } }),
      ['spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      "a probe with two handlers, and one with none",
      withContainer({
        livenessProbe: { exec: { command: ["true"] }, tcpSocket: { port: 80 } },
        readinessProbe: {},
      }),
      [
        "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
        "spec.containers[0].readinessProbe: Required value: must specify a handler type",
      ],
    ],
    [
      "probes of an init container",
      pod({ initContainers: [{ name: "init", image: "i", readinessProbe: { tcpSocket: { port: 1 } } }] }),
      [
        "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
      ],
    ],
    [
      "a mount of no volume",
      withContainer({ volumeMounts: [{ name: "data", mountPath: "/data" }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      "two mounts at one path, and one that climbs",
      pod({
        volumes: [{ name: "v" }],
        containers: [
          {
            ...container,
            volumeMounts: [
              { name: "v", mountPath: "/d" },
              { name: "v", mountPath: "/d", subPath: "../x" },
            ],
          },
        ],
      }),
      [
        'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/d": must be unique',
        `spec.containers[0].volumeMounts[1].subPath: Invalid value: "../x": must not contain '..'`,
      ],
    ],
    [
      "a volume of two kinds, and two of one name",
      pod({ volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }, { name: "v" }] }),
      [
        "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
        'spec.volumes[1].name: Duplicate value: "v"',
      ],
    ],
    [
      "environment",
      withContainer({
        env: [
          { name: "" },
          { name: "A", valueFrom: {} },
          { name: "B", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "C", valueFrom: { secretKeyRef: { name: "s" } } },
          { name: "D", valueFrom: { fieldRef: { fieldPath: "spec.nope" } } },
        ],
      }),
      [
        "spec.containers[0].env[0].name: Required value",
        'spec.containers[0].env[1].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
        'spec.containers[0].env[2].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        "spec.containers[0].env[3].valueFrom.secretKeyRef.key: Required value",
        'spec.containers[0].env[4].valueFrom.fieldRef.fieldPath: Invalid value: "spec.nope": error converting fieldPath: field label not supported: spec.nope',
      ],
    ],
    [
      "tolerations",
      pod({ tolerations: [{ key: "a", effect: "NoSchedule", tolerationSeconds: 3 }] }),
      [
        "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set",
      ],
    ],
    [
      "node affinity without terms",
      pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }),
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
      ],
    ],
    [
      "spreading",
      pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: "", whenUnsatisfiable: "Never" }] }),
      [
        "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
        "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      "escalation without privilege",
      withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      [
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
  ])("%s", (_, object, expected) => {
    expect(faults("Pod", object)).toEqual(expected);
  });
});

const updates =
  "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";

describe("updating a pod", () => {
  it("may change images, shorten the deadline and add tolerations", () => {
    const changed = pod({
      containers: [{ ...container, image: "nginx:2", imagePullPolicy: "IfNotPresent" }],
      activeDeadlineSeconds: 5,
      tolerations: [{ key: "a", operator: "Exists" }],
    });
    expect(updateFaults("Pod", changed, pod({}))).toEqual([]);
  });

  it("says what else was changed, with the difference", () => {
    expect(updateFaults("Pod", withContainer({ command: ["sh"] }), withContainer({ command: ["bash"] }))).toEqual([
      `${updates}  core.PodSpec{\n- \tContainers[0].Command[0]: "bash",\n+ \tContainers[0].Command[0]: "sh",\n  \t... // 6 identical fields\n  }\n`,
    ]);
    expect(updateFaults("Pod", pod({ nodeName: "b" }), pod({ nodeName: "a" }))[0]).toContain(
      '- \tNodeName: "a",\n+ \tNodeName: "b",\n',
    );
  });

  it("neither adds containers nor takes tolerations back", () => {
    const two = pod({ containers: [container, { ...container, name: "b" }] });
    expect(updateFaults("Pod", two, pod({}))).toEqual([
      "spec.containers: Forbidden: pod updates may not add or remove containers",
    ]);
    expect(updateFaults("Pod", pod({}), pod({ tolerations: [{ key: "a", operator: "Exists" }] }))).toEqual([
      "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
    ]);
  });

  it("does not raise the deadline", () => {
    expect(updateFaults("Pod", pod({ activeDeadlineSeconds: 9 }), pod({ activeDeadlineSeconds: 5 }))).toEqual([
      "spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value",
    ]);
  });

  it("does not let a container that is done run again", () => {
    const at = (state: object) =>
      defaulted("Pod", { ...pod({ restartPolicy: "Never" }), status: { containerStatuses: [{ name: "web", state }] } });
    const errors = definitionOf("Pod").strategy.validateStatusUpdate?.(
      at({ running: {} }),
      at({ terminated: { exitCode: 0 } }),
    );
    expect(texts(errors)).toEqual([
      "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state",
    ]);
  });
});

describe("the grace of a pod's deletion", () => {
  const grace = (object: object, requested?: number) =>
    definitionOf("Pod").strategy.graceSeconds?.(defaulted("Pod", object), requested);
  const running = pod({ nodeName: "n" });

  it.each<[string, object, number | undefined, number]>([
    ["is the pod's own", running, undefined, 30],
    ["is what was asked for", running, 5, 5],
    ["is nothing for a pod without a node", pod({}), 30, 0],
    ["is nothing for one that has finished", { ...running, status: { phase: "Succeeded" } }, 30, 0],
    ["is at least a second where it is negative", running, -7, 1],
    [
      "shrinks when asked again",
      { ...running, metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 30 } },
      3,
      3,
    ],
    [
      "never grows",
      { ...running, metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 5 } },
      60,
      5,
    ],
  ])("%s", (_, object, requested, seconds) => {
    expect(grace(object, requested)).toBe(seconds);
  });
});

describe("warnings of a pod", () => {
  it("name what is deprecated or without effect", () => {
    const object = defaulted("Pod", {
      metadata: { annotations: { "scheduler.alpha.kubernetes.io/critical-pod": "" } },
      spec: {
        nodeSelector: { "beta.kubernetes.io/os": "linux" },
        containers: [
          {
            ...container,
            env: [{ name: "A" }, { name: "A" }],
            ports: [{ containerPort: 80 }, { containerPort: 80 }],
            resources: { limits: { memory: "100m" } },
          },
        ],
      },
    });
    expect(definitionOf("Pod").strategy.warnings?.(object)).toEqual([
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
      'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
      "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
    ]);
  });
});
