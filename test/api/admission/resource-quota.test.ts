import { expect, test } from "vitest";
import { type AdmissionCase, admissionServer, make, newNamespace, podThing, runCases, type Thing } from "./cases.ts";

const held = admissionServer({ disableAdmissionPlugins: ["ServiceAccount"] });
const see = "https://kubernetes.io/docs/concepts/policy/resource-quotas/";
const compute = `${see}#compute-resource-quota`;

function quota(name: string, hard: Record<string, string>, used: Record<string, string>, extra: object = {}): Thing {
  return {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name },
    spec: { hard, ...extra },
    status: { hard, used },
  };
}

function sized(name: string, resources: object, extra: object = {}): Thing {
  return podThing(name, { containers: [{ name: "main", image: "busybox", resources }], ...extra });
}

function service(name: string, type: string): Thing {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { type, ports: [{ port: 80 }] } };
}

const cases: AdmissionCase[] = [
  {
    name: "a pod too many",
    see: `${see}#object-count-quota`,
    given: [quota("q", { pods: "1" }, { pods: "1" })],
    when: podThing("a"),
    code: 403,
    message: 'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
  },
  {
    name: "too much memory and cpu",
    see: "https://kubernetes.io/docs/tasks/administer-cluster/manage-resources/quota-memory-cpu-namespace/",
    given: [
      quota(
        "mem-cpu-demo",
        { "requests.cpu": "1", "requests.memory": "1Gi", "limits.cpu": "2", "limits.memory": "2Gi" },
        { "requests.cpu": "400m", "requests.memory": "600Mi", "limits.cpu": "800m", "limits.memory": "800Mi" },
      ),
    ],
    when: sized("quota-mem-cpu-demo-2", {
      limits: { memory: "1Gi", cpu: "800m" },
      requests: { memory: "700Mi", cpu: "400m" },
    }),
    code: 403,
    message:
      'pods "quota-mem-cpu-demo-2" is forbidden: exceeded quota: mem-cpu-demo, requested: requests.memory=700Mi, used: requests.memory=600Mi, limited: requests.memory=1Gi',
  },
  {
    name: "a pod that says nothing of what is limited",
    see: compute,
    given: [quota("q", { "limits.cpu": "2", "requests.memory": "1Gi" }, { "limits.cpu": "0", "requests.memory": "0" })],
    when: podThing("a"),
    code: 403,
    message: 'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: main; requests.memory for: main',
  },
  {
    name: "a quota that is not yet counted",
    see,
    given: [quota("q", { pods: "5" }, {})],
    when: podThing("a"),
    code: 403,
    message: 'pods "a" is forbidden: status unknown for quota: q, resources: pods',
  },
  {
    name: "a count of any kind",
    see: `${see}#object-count-quota`,
    given: [quota("q", { "count/configmaps": "1" }, { "count/configmaps": "1" })],
    when: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } },
    code: 403,
    message:
      'configmaps "a" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1',
  },
  {
    name: "a count of a kind with a group",
    see: `${see}#object-count-quota`,
    given: [quota("q", { "count/leases.coordination.k8s.io": "0" }, { "count/leases.coordination.k8s.io": "0" })],
    when: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "a" }, spec: {} },
    code: 403,
    message:
      'leases.coordination.k8s.io "a" is forbidden: exceeded quota: q, requested: count/leases.coordination.k8s.io=1, used: count/leases.coordination.k8s.io=0, limited: count/leases.coordination.k8s.io=0',
  },
  {
    name: "node ports",
    see: `${see}#object-count-quota`,
    given: [quota("q", { "services.nodeports": "0", services: "9" }, { "services.nodeports": "0", services: "0" })],
    when: service("a", "NodePort"),
    code: 403,
    message:
      'services "a" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0',
  },
  {
    name: "a service that becomes what is limited",
    see: `${see}#object-count-quota`,
    given: [
      service("a", "ClusterIP"),
      quota("q", { "services.nodeports": "0", services: "1" }, { "services.nodeports": "0", services: "1" }),
    ],
    contentType: "application/merge-patch+json",
    when: { method: "PATCH", path: "/api/v1/namespaces/$ns/services/a", body: { spec: { type: "NodePort" } } },
    code: 403,
    message:
      'services "a" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0',
  },
  {
    name: "storage of one class",
    see: `${see}#storage-resource-quota`,
    given: [
      quota(
        "q",
        { "gold.storageclass.storage.k8s.io/requests.storage": "1Gi", "requests.storage": "10Gi" },
        { "gold.storageclass.storage.k8s.io/requests.storage": "0", "requests.storage": "0" },
      ),
    ],
    when: {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "a" },
      spec: { storageClassName: "gold", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } } },
    },
    code: 403,
    message:
      'persistentvolumeclaims "a" is forbidden: exceeded quota: q, requested: gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: gold.storageclass.storage.k8s.io/requests.storage=0, limited: gold.storageclass.storage.k8s.io/requests.storage=1Gi',
  },
  {
    name: "a scope that takes the pod in",
    see: `${see}#quota-scopes`,
    given: [quota("best", { pods: "0" }, { pods: "0" }, { scopes: ["BestEffort"] })],
    when: podThing("a"),
    code: 403,
    message: 'pods "a" is forbidden: exceeded quota: best, requested: pods=1, used: pods=0, limited: pods=0',
  },
  {
    name: "a scope that leaves it out",
    see: `${see}#quota-scopes`,
    given: [quota("long", { pods: "0" }, { pods: "0" }, { scopes: ["Terminating"] })],
    when: podThing("a"),
    code: 201,
  },
  {
    name: "a class of priority",
    see: `${see}#resource-quota-per-priorityclass`,
    given: [
      quota(
        "high",
        { pods: "0" },
        { pods: "0" },
        {
          scopeSelector: {
            matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["system-node-critical"] }],
          },
        },
      ),
    ],
    when: podThing("a", { priorityClassName: "system-node-critical" }),
    code: 403,
    message: 'pods "a" is forbidden: exceeded quota: high, requested: pods=1, used: pods=0, limited: pods=0',
  },
];

runCases(held, cases);

test(`a hundred who come at once get what there is, and no more (${see})`, async () => {
  const { api } = held;
  const namespace = await newNamespace(api);
  await make(api, quota("q", { pods: "10", "count/pods": "50" }, { pods: "0", "count/pods": "0" }), namespace);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => api.post(path, podThing(`p${i}`))));
  const codes = answers.map(({ code }) => code);
  expect(codes.filter((code) => code === 201)).toHaveLength(10);
  expect(codes.filter((code) => code === 403)).toHaveLength(90);
  const { body } = await api.get(`/api/v1/namespaces/${namespace}/resourcequotas/q`);
  expect(body.status.used).toEqual({ pods: "10", "count/pods": "10" });
});

test(`what is there already, and a dry run, are not charged (${see})`, async () => {
  const { api } = held;
  const namespace = await newNamespace(api);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await make(api, podThing("a"), namespace);
  await make(api, quota("q", { pods: "2" }, { pods: "1" }), namespace);
  expect((await api.post(path, podThing("a"))).code).toBe(409);
  expect((await api.post(`${path}?dryRun=All`, podThing("b"))).code).toBe(201);
  const { body } = await api.get(`/api/v1/namespaces/${namespace}/resourcequotas/q`);
  expect(body.status.used).toEqual({ pods: "1" });
});
