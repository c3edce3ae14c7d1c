/**
 * The smallest object of every built-in kind that stands for itself: what clients, protobuf and the fuzzer make, read and delete.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/
 */
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import { apiVersionOf } from "../../../src/machinery/meta/object.ts";

export interface KindCase {
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** "/api/v1/namespaces/<namespace>/pods" */
  collection(namespace: string): string;
  /** A new one with this name. */
  object(name: string): Record<string, unknown>;
}

type Body = Readonly<Record<string, unknown>>;

const labels = { app: "x" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "busybox" }] } };
const jobTemplate = { spec: { template: { spec: { ...template.spec, restartPolicy: "Never" } } } };
const selector = { matchLabels: labels };
const noEndpoint = { admissionReviewVersions: ["v1"], sideEffects: "None", failurePolicy: "Ignore" };
const matchNothing = [
  { operations: ["CREATE"], apiGroups: ["none.example.com"], apiVersions: ["v1"], resources: ["none"] },
];
const claim = {
  accessModes: ["ReadWriteOnce"],
  resources: { requests: { storage: "1Gi" } },
};
/** PKCS#10 for CN=conformance with a P-256 key. */
const request =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIUE1IZ0NBUUF3RmpFVU1CSUdBMVVFQXd3TFkyOXVabTl5YldGdVkyVXdXVEFUQmdjcWhrak9QUUlCQmdncQpoa2pPUFFNQkJ3TkNBQVNibW4zdldzeW1DbGtTWE16NVhEWnRBbDBUWGF5THI2U0VRaGJwL1VzYkttV0w2VUFSCldIc1VpeEZkdEREVjNSZDBXZ1VZSHgrTEtaamZRTnBwOWFMem9BQXdDZ1lJS29aSXpqMEVBd0lEUndBd1JBSWcKQmdNMDNmVGZFbmJlcHMrajFvb0laNjdOU0N6UkhUQUw2aXFWU3UyR1Bpa0NJQ1h1TEhOTjh2bVpTYlVBTTVCVApJV0REOHhHZDVtemZNaTRJdEtWa3l4b2sKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==";

/** Without apiVersion, kind and metadata.name; a function where names matter. */
const bodies: Readonly<Record<string, Body | ((name: string) => Body)>> = {
  ConfigMap: { data: { key: "value" } },
  Endpoints: { subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ port: 80 }] }] },
  Event: {
    involvedObject: { kind: "Pod", namespace: "default", name: "p", apiVersion: "v1" },
    reason: "Seen",
    message: "seen",
    type: "Normal",
  },
  "events.k8s.io Event": {
    regarding: { kind: "Pod", namespace: "default", name: "p", apiVersion: "v1" },
    reason: "Seen",
    note: "seen",
    type: "Normal",
    action: "Look",
    eventTime: "2024-01-02T03:04:05.000006Z",
    reportingController: "example.com/tester",
    reportingInstance: "tester-1",
  },
  LimitRange: { spec: { limits: [{ type: "PersistentVolumeClaim", max: { storage: "100Ti" } }] } },
  Namespace: {},
  Node: {},
  PersistentVolumeClaim: { spec: { ...claim, storageClassName: "" } },
  PersistentVolume: {
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/tmp" } },
  },
  Pod: { spec: template.spec },
  PodTemplate: { template },
  ReplicationController: { spec: { replicas: 0, selector: labels, template } },
  ResourceQuota: { spec: { hard: { "count/widgets.example.com": "5" } } },
  Secret: { type: "Opaque", data: { key: "dmFsdWU=" } },
  ServiceAccount: {},
  Service: { spec: { selector: labels, ports: [{ port: 80 }] } },
  ControllerRevision: { revision: 1, data: { some: "data" } },
  DaemonSet: { spec: { selector, template } },
  Deployment: { spec: { replicas: 0, selector, template } },
  ReplicaSet: { spec: { replicas: 0, selector, template } },
  StatefulSet: { spec: { replicas: 0, serviceName: "x", selector, template } },
  HorizontalPodAutoscaler: {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" } },
  },
  CronJob: { spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate } },
  Job: { spec: { suspend: true, ...jobTemplate.spec } },
  CertificateSigningRequest: { spec: { request, signerName: "example.com/signer", usages: ["client auth"] } },
  IngressClass: { spec: { controller: "example.com/controller" } },
  Ingress: { spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } } },
  IPAddress: { spec: { parentRef: { resource: "services", namespace: "default", name: "s" } } },
  NetworkPolicy: { spec: { podSelector: {} } },
  ServiceCIDR: { spec: { cidrs: ["10.99.0.0/24"] } },
  PodDisruptionBudget: { spec: { minAvailable: 1, selector } },
  ClusterRoleBinding: (name) => ({
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "nobody" }],
  }),
  ClusterRole: { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] },
  RoleBinding: (name) => ({
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "nobody" }],
  }),
  Role: { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] },
  CSIDriver: { spec: {} },
  CSINode: { spec: { drivers: [{ name: "d.example.com", nodeID: "n" }] } },
  CSIStorageCapacity: { storageClassName: "s" },
  StorageClass: { provisioner: "example.com/provisioner" },
  VolumeAttachment: {
    spec: { attacher: "example.com/attacher", nodeName: "n", source: { persistentVolumeName: "v" } },
  },
  VolumeAttributesClass: { driverName: "example.com/driver", parameters: { a: "b" } },
  MutatingAdmissionPolicy: {
    spec: {
      matchConstraints: { resourceRules: matchNothing },
      reinvocationPolicy: "Never",
      mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{}" } }],
    },
  },
  MutatingAdmissionPolicyBinding: { spec: { policyName: "p" } },
  MutatingWebhookConfiguration: {
    webhooks: [
      { name: "w.example.com", clientConfig: { url: "https://localhost:1/w" }, rules: matchNothing, ...noEndpoint },
    ],
  },
  ValidatingAdmissionPolicy: {
    spec: { matchConstraints: { resourceRules: matchNothing }, validations: [{ expression: "true" }] },
  },
  ValidatingAdmissionPolicyBinding: { spec: { policyName: "p", validationActions: ["Deny"] } },
  ValidatingWebhookConfiguration: {
    webhooks: [
      { name: "w.example.com", clientConfig: { url: "https://localhost:1/w" }, rules: matchNothing, ...noEndpoint },
    ],
  },
  CustomResourceDefinition: (name) => {
    const [plural = name, ...group] = name.split(".");
    return {
      spec: {
        group: group.join("."),
        scope: "Namespaced",
        names: {
          plural,
          singular: plural,
          kind: `K${plural.replaceAll("-", "")}`,
          listKind: `K${plural.replaceAll("-", "")}List`,
        },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
      },
    };
  },
  APIService: (name) => ({
    spec: { version: "v1", group: name.slice(3), groupPriorityMinimum: 1000, versionPriority: 10 },
  }),
  PriorityClass: { value: 10 },
  Lease: { spec: { holderIdentity: "me", leaseDurationSeconds: 15 } },
  RuntimeClass: { handler: "runc" },
  EndpointSlice: { addressType: "IPv4", endpoints: [{ addresses: ["10.1.2.3"] }], ports: [{ port: 80 }] },
  FlowSchema: { spec: { priorityLevelConfiguration: { name: "global-default" }, matchingPrecedence: 9000 } },
  PriorityLevelConfiguration: {
    spec: { type: "Limited", limited: { nominalConcurrencyShares: 1, limitResponse: { type: "Reject" } } },
  },
  DeviceClass: { spec: {} },
  ResourceClaim: { spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c.example.com" } }] } } },
  ResourceClaimTemplate: {
    spec: { spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c.example.com" } }] } } },
  },
  ResourceSlice: {
    spec: {
      driver: "example.com",
      pool: { name: "p", generation: 1, resourceSliceCount: 1 },
      nodeName: "n",
      devices: [{ name: "d" }],
    },
  },
};

/** Kinds whose names have a shape of their own. */
const names: Readonly<Record<string, (name: string) => string>> = {
  CustomResourceDefinition: (name) => `${name}s.example.com`,
  APIService: (name) => `v1.${name}.example.com`,
  IPAddress: (name) => `10.98.${200 + (hash(name) % 50)}.${1 + (hash(`${name}.`) % 250)}`,
};

function hash(text: string): number {
  let sum = 7;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return sum;
}

/** Every kind and version that clients may create and delete; reviews and ComponentStatus are none. */
export function kindCases(): KindCase[] {
  return builtinDefinitions().flatMap(({ group, names: { kind, plural }, scope, versions, verbs }) =>
    verbs !== undefined && !verbs.includes("delete")
      ? []
      : versions.map(({ name: version }) => {
          const apiVersion = apiVersionOf({ group, version });
          const root = group === "" ? `/api/${version}` : `/apis/${apiVersion}`;
          const namespaced = scope === "Namespaced";
          const body = bodies[`${group} ${kind}`] ?? bodies[kind];
          if (body === undefined) throw new Error(`no object of ${apiVersion} ${kind}`);
          return {
            group,
            version,
            apiVersion,
            kind,
            plural,
            namespaced,
            collection: (namespace) => (namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`),
            object: (plain) => {
              const name = names[kind]?.(plain) ?? plain;
              const rest = typeof body === "function" ? body(name) : body;
              return structuredClone({ apiVersion, kind, metadata: { name }, ...rest });
            },
          } satisfies KindCase;
        }),
  );
}
