import { expect } from "vitest";
import { type AdmissionCase, admissionServer, podThing, runCases, type Thing } from "./cases.ts";

const held = admissionServer();
const docs = "https://kubernetes.io/docs";
const reference = `${docs}/reference/access-authn-authz/admission-controllers`;
const limits = `${docs}/concepts/policy/limit-range/`;
const priorities = `${docs}/concepts/scheduling-eviction/pod-priority-preemption/`;
const accounts = `${docs}/tasks/configure-pod-container/configure-service-account/`;
const volumes = `${docs}/concepts/storage/persistent-volumes/`;

function limitRange(...items: object[]): Thing {
  return { apiVersion: "v1", kind: "LimitRange", metadata: { name: "limits" }, spec: { limits: items } };
}

function withResources(name: string, resources: object): Thing {
  return podThing(name, { containers: [{ name: "main", image: "busybox", resources }] });
}

function claim(name: string, spec: object = {}, metadata: object = {}): Thing {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, ...metadata },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  };
}

function storageClass(name: string, isDefault: boolean, extra: object = {}): Thing {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) } },
    provisioner: "example.com/disk",
    ...extra,
  };
}

function runtimeClass(name: string, extra: object): Thing {
  return { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name }, handler: "kata", ...extra };
}

function priorityClass(name: string, value: number, extra: object = {}): Thing {
  return { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name }, value, ...extra };
}

function ingress(name: string, metadata: object = {}): Thing {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, ...metadata },
    spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } } },
  };
}

function ingressClass(name: string): Thing {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name, annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
    spec: { controller: "example.com/ingress" },
  };
}

const tokenMount = {
  name: expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/),
  readOnly: true,
  mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
};

const namespaceCases: AdmissionCase[] = [
  {
    name: "nothing is made in a namespace that does not exist",
    see: `${reference}/#namespacelifecycle`,
    when: { ...podThing("a"), metadata: { name: "a", namespace: "nowhere" } },
    code: 404,
    message: 'namespaces "nowhere" not found',
  },
  {
    name: "the system's own namespaces stay",
    see: `${reference}/#namespacelifecycle`,
    when: { method: "DELETE", path: "/api/v1/namespaces/kube-system" },
    code: 403,
    message: 'namespaces "kube-system" is forbidden: this namespace may not be deleted',
  },
];

const limitCases: AdmissionCase[] = [
  {
    name: "defaults of a LimitRange come into containers, and an annotation says so",
    see: `${docs}/tasks/administer-cluster/manage-resources/memory-default-namespace/`,
    given: [limitRange({ type: "Container", default: { memory: "512Mi" }, defaultRequest: { memory: "256Mi" } })],
    when: podThing("a"),
    code: 201,
    answer: {
      metadata: {
        annotations: {
          "kubernetes.io/limit-ranger":
            "LimitRanger plugin set: memory request for container main; memory limit for container main",
        },
      },
      spec: { containers: [{ resources: { requests: { memory: "256Mi" }, limits: { memory: "512Mi" } } }] },
      status: { qosClass: "Burstable" },
    },
  },
  {
    name: "what a container says itself stands",
    see: `${docs}/tasks/administer-cluster/manage-resources/memory-default-namespace/`,
    given: [limitRange({ type: "Container", default: { memory: "512Mi" }, defaultRequest: { memory: "256Mi" } })],
    when: withResources("a", { limits: { memory: "1Gi" } }),
    code: 201,
    answer: { spec: { containers: [{ resources: { requests: { memory: "1Gi" }, limits: { memory: "1Gi" } } }] } },
  },
  {
    name: "too much memory",
    see: `${docs}/tasks/administer-cluster/manage-resources/memory-constraint-namespace/`,
    given: [limitRange({ type: "Container", max: { memory: "1Gi" }, min: { memory: "500Mi" } })],
    when: withResources("constraints-mem-demo-2", { limits: { memory: "1.5Gi" }, requests: { memory: "800Mi" } }),
    code: 403,
    message:
      'pods "constraints-mem-demo-2" is forbidden: maximum memory usage per Container is 1Gi, but limit is 1536Mi',
  },
  {
    name: "too little memory",
    see: `${docs}/tasks/administer-cluster/manage-resources/memory-constraint-namespace/`,
    given: [limitRange({ type: "Container", max: { memory: "1Gi" }, min: { memory: "500Mi" } })],
    when: withResources("constraints-mem-demo-3", { limits: { memory: "800Mi" }, requests: { memory: "100Mi" } }),
    code: 403,
    message:
      'pods "constraints-mem-demo-3" is forbidden: minimum memory usage per Container is 500Mi, but request is 100Mi',
  },
  {
    name: "all that is wrong is told at once, under the name to come",
    see: limits,
    given: [limitRange({ type: "Pod", max: { cpu: "1", memory: "1Gi" } })],
    when: { ...podThing("x"), metadata: { generateName: "web-" } },
    code: 403,
    message:
      /^pods "web-[a-z0-9]{5}" is forbidden: \[maximum cpu usage per Pod is 1\. {2}No limit is specified, maximum memory usage per Pod is 1Gi\. {2}No limit is specified\]$/,
  },
  {
    name: "a limit that is too many times the request",
    see: limits,
    given: [limitRange({ type: "Container", maxLimitRequestRatio: { cpu: "2" } })],
    when: withResources("a", { limits: { cpu: "1" }, requests: { cpu: "100m" } }),
    code: 403,
    message:
      'pods "a" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 10.000000',
  },
  {
    name: "a claim for more than the range has",
    see: `${docs}/tasks/administer-cluster/limit-storage-consumption/`,
    given: [limitRange({ type: "PersistentVolumeClaim", max: { storage: "2Gi" }, min: { storage: "1Gi" } })],
    when: claim("a", { resources: { requests: { storage: "3Gi" } } }),
    code: 403,
    message:
      'persistentvolumeclaims "a" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
  },
  {
    name: "a claim for less than the range has",
    see: `${docs}/tasks/administer-cluster/limit-storage-consumption/`,
    given: [limitRange({ type: "PersistentVolumeClaim", max: { storage: "2Gi" }, min: { storage: "1Gi" } })],
    when: claim("a", { resources: { requests: { storage: "100Mi" } } }),
    code: 403,
    message:
      'persistentvolumeclaims "a" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 100Mi',
  },
];

const accountCases: AdmissionCase[] = [
  {
    name: "a pod runs as its namespace's default account and has its token mounted",
    see: `${docs}/reference/access-authn-authz/service-accounts-admin/#bound-service-account-token-volume`,
    when: podThing("a", { initContainers: [{ name: "first", image: "busybox" }] }),
    code: 201,
    answer: {
      spec: {
        serviceAccountName: "default",
        serviceAccount: "default",
        containers: [{ volumeMounts: [tokenMount] }],
        initContainers: [{ volumeMounts: [tokenMount] }],
        volumes: [
          {
            name: tokenMount.name,
            projected: {
              defaultMode: 420,
              sources: [
                { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
                { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
                {
                  downwardAPI: {
                    items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
                  },
                },
              ],
            },
          },
        ],
      },
    },
  },
  {
    name: "a pod may do without a token",
    see: `${accounts}#opt-out-of-api-credential-automounting`,
    when: podThing("a", { automountServiceAccountToken: false }),
    code: 201,
    answer: { spec: { containers: [expect.not.objectContaining({ volumeMounts: expect.anything() })] } },
  },
  {
    name: "so may an account, with its pull secrets given to the pod",
    see: `${accounts}#add-imagepullsecrets-to-a-service-account`,
    given: [
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "builder" },
        automountServiceAccountToken: false,
        imagePullSecrets: [{ name: "registry" }],
      },
    ],
    when: podThing("a", { serviceAccountName: "builder" }),
    code: 201,
    answer: {
      spec: {
        imagePullSecrets: [{ name: "registry" }],
        containers: [expect.not.objectContaining({ volumeMounts: expect.anything() })],
      },
    },
  },
  {
    name: "a container that mounts something else at the token's place keeps it",
    see: accounts,
    when: podThing("a", {
      containers: [
        { name: "main", image: "busybox", volumeMounts: [{ name: "own", mountPath: tokenMount.mountPath }] },
      ],
      volumes: [{ name: "own", emptyDir: {} }],
    }),
    code: 201,
    answer: { spec: { volumes: [{ name: "own", emptyDir: {} }] } },
  },
  {
    name: "a pod without containers is refused for that, not for where a token would go",
    see: `${docs}/reference/kubernetes-api/workload-resources/pod-v1/`,
    given: [limitRange({ type: "Container", default: { cpu: "1" } }, { type: "Pod", max: { cpu: "2" } })],
    when: { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: {} },
    code: 422,
    message: 'Pod "a" is invalid: spec.containers: Required value',
  },
  {
    name: "an account that is not there",
    see: accounts,
    when: podThing("a", { serviceAccountName: "nobody" }),
    code: 403,
    message: 'pods "a" is forbidden: error looking up service account $ns/nobody: serviceaccount "nobody" not found',
  },
  {
    name: "a secret that the account does not list, where it insists",
    see: `${docs}/reference/labels-annotations-taints/#enforce-mountable-secrets`,
    given: [
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "strict", annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
        secrets: [{ name: "mine" }],
      },
    ],
    when: podThing("a", { serviceAccountName: "strict", volumes: [{ name: "v", secret: { secretName: "other" } }] }),
    code: 403,
    message:
      'pods "a" is forbidden: volume with secret.secretName="other" is not allowed because service account strict does not reference that secret',
  },
  {
    name: "a mirror pod has no account",
    see: `${docs}/tasks/configure-pod-container/static-pod/`,
    when: podThing("a", { serviceAccountName: "default" }, { annotations: { "kubernetes.io/config.mirror": "x" } }),
    code: 403,
    message: 'pods "a" is forbidden: a mirror pod may not reference service accounts',
  },
];

const priorityCases: AdmissionCase[] = [
  {
    name: "a pod without a class has priority 0",
    see: priorities,
    when: podThing("a"),
    code: 201,
    answer: { spec: { priority: 0, preemptionPolicy: "PreemptLowerPriority" } },
  },
  {
    name: "the system's classes are there",
    see: `${docs}/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/`,
    when: podThing("a", { priorityClassName: "system-node-critical" }),
    code: 201,
    answer: { spec: { priority: 2_000_001_000 } },
  },
  {
    name: "a class gives value and policy",
    see: `${priorities}#non-preempting-priority-class`,
    given: [priorityClass("patient", 1000, { preemptionPolicy: "Never" })],
    when: podThing("a", { priorityClassName: "patient" }),
    code: 201,
    answer: { spec: { priority: 1000, preemptionPolicy: "Never" } },
  },
  {
    name: "the default class is given its name",
    see: `${priorities}#priorityclass`,
    given: [priorityClass("usual", 7, { globalDefault: true })],
    when: podThing("a"),
    code: 201,
    answer: { spec: { priority: 7, priorityClassName: "usual" } },
  },
  {
    name: "a second default class",
    see: `${priorities}#priorityclass`,
    given: [priorityClass("usual", 7, { globalDefault: true })],
    when: priorityClass("other", 8, { globalDefault: true }),
    code: 403,
    message:
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
  },
  {
    name: "a class that is not there",
    see: priorities,
    when: podThing("a", { priorityClassName: "none" }),
    code: 403,
    message: 'pods "a" is forbidden: no PriorityClass with name none was found',
  },
  {
    name: "a value that the class does not have",
    see: priorities,
    when: podThing("a", { priority: 5 }),
    code: 403,
    message:
      'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
  },
  {
    name: "a policy that the class does not have",
    see: priorities,
    when: podThing("a", { preemptionPolicy: "Never" }),
    code: 403,
    message:
      'pods "a" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
  },
];

const nodeCases: AdmissionCase[] = [
  {
    name: "a pod stays five minutes on a node that fails, unless it says otherwise",
    see: `${docs}/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions`,
    when: podThing("a", {
      tolerations: [
        { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 },
      ],
    }),
    code: 201,
    answer: {
      spec: {
        tolerations: [
          { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 },
          { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
        ],
      },
    },
  },
  {
    name: "a pod that tolerates everything needs no more",
    see: `${reference}/#defaulttolerationseconds`,
    when: podThing("a", { tolerations: [{ operator: "Exists" }] }),
    code: 201,
    answer: { spec: { tolerations: [{ operator: "Exists" }] } },
  },
  {
    name: "a new node takes no pods before it is known to be ready",
    see: `${reference}/#taintnodesbycondition`,
    when: { apiVersion: "v1", kind: "Node", metadata: { name: "fresh" } },
    code: 201,
    answer: { spec: { taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }] } },
  },
];

const storageCases: AdmissionCase[] = [
  {
    name: "a claim without a class gets the default one, and protection",
    see: `${docs}/concepts/storage/storage-classes/#default-storageclass`,
    given: [storageClass("other", false), storageClass("fast", true)],
    when: claim("a"),
    code: 201,
    answer: { metadata: { finalizers: ["kubernetes.io/pvc-protection"] }, spec: { storageClassName: "fast" } },
  },
  {
    name: 'a claim of class "" wants none',
    see: `${volumes}#class-1`,
    given: [storageClass("fast", true)],
    when: claim("a", { storageClassName: "" }),
    code: 201,
    answer: { spec: { storageClassName: "" } },
  },
  {
    name: "a volume is protected, too",
    see: `${volumes}#storage-object-in-use-protection`,
    when: {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: "pv-1" },
      spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } },
    },
    code: 201,
    answer: { metadata: { finalizers: ["kubernetes.io/pv-protection"] } },
  },
  {
    name: "a claim of a class that cannot grow",
    see: `${volumes}#expanding-persistent-volumes-claims`,
    given: [storageClass("rigid", false), { ...claim("a", { storageClassName: "rigid" }), status: { phase: "Bound" } }],
    contentType: "application/merge-patch+json",
    when: {
      method: "PATCH",
      path: "/api/v1/namespaces/$ns/persistentvolumeclaims/a",
      body: { spec: { resources: { requests: { storage: "2Gi" } } } },
    },
    code: 403,
    message:
      'persistentvolumeclaims "a" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  },
  {
    name: "a claim of one that can",
    see: `${volumes}#expanding-persistent-volumes-claims`,
    given: [
      storageClass("elastic", false, { allowVolumeExpansion: true }),
      { ...claim("a", { storageClassName: "elastic" }), status: { phase: "Bound" } },
    ],
    contentType: "application/merge-patch+json",
    when: {
      method: "PATCH",
      path: "/api/v1/namespaces/$ns/persistentvolumeclaims/a",
      body: { spec: { resources: { requests: { storage: "2Gi" } } } },
    },
    code: 200,
  },
];

const classCases: AdmissionCase[] = [
  {
    name: "an ingress without a class gets the default one",
    see: `${docs}/concepts/services-networking/ingress/#default-ingress-class`,
    given: [ingressClass("nginx")],
    when: ingress("a"),
    code: 201,
    answer: { spec: { ingressClassName: "nginx" } },
  },
  {
    name: "an ingress with the old annotation has its class",
    see: `${docs}/concepts/services-networking/ingress/#deprecated-annotation`,
    given: [ingressClass("nginx")],
    when: ingress("a", { annotations: { "kubernetes.io/ingress.class": "own" } }),
    code: 201,
    answer: { spec: expect.not.objectContaining({ ingressClassName: "nginx" }) },
  },
  {
    name: "a runtime class brings its overhead and where its pods run",
    see: `${docs}/concepts/scheduling-eviction/pod-overhead/`,
    given: [
      runtimeClass("kata", {
        overhead: { podFixed: { memory: "120Mi", cpu: "250m" } },
        scheduling: { nodeSelector: { kata: "yes" }, tolerations: [{ key: "kata", operator: "Exists" }] },
      }),
    ],
    when: podThing("a", { runtimeClassName: "kata", nodeSelector: { zone: "a" } }),
    code: 201,
    answer: {
      spec: {
        overhead: { memory: "120Mi", cpu: "250m" },
        nodeSelector: { zone: "a", kata: "yes" },
        tolerations: expect.arrayContaining([{ key: "kata", operator: "Exists" }]),
      },
    },
  },
  {
    name: "another overhead than the class's",
    see: "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/688-pod-overhead",
    given: [runtimeClass("kata", { overhead: { podFixed: { cpu: "250m" } } })],
    when: podThing("a", { runtimeClassName: "kata", overhead: { cpu: "1" } }),
    code: 403,
    message: `pods "a" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
  },
  {
    name: "an overhead without a class",
    see: "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/688-pod-overhead",
    when: podThing("a", { overhead: { cpu: "1" } }),
    code: 403,
    message:
      'pods "a" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  },
  {
    name: "a runtime class that is not there",
    see: `${docs}/concepts/containers/runtime-class/`,
    when: podThing("a", { runtimeClassName: "none" }),
    code: 403,
    message: 'pods "a" is forbidden: pod rejected: RuntimeClass "none" not found',
  },
  {
    name: "a node selector against the class's",
    see: `${docs}/concepts/containers/runtime-class/#scheduling`,
    given: [runtimeClass("kata", { scheduling: { nodeSelector: { kata: "yes" } } })],
    when: podThing("a", { runtimeClassName: "kata", nodeSelector: { kata: "no" } }),
    code: 403,
    message:
      'pods "a" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no',
  },
];

runCases(held, [
  ...namespaceCases,
  ...limitCases,
  ...accountCases,
  ...priorityCases,
  ...nodeCases,
  ...storageCases,
  ...classCases,
]);
