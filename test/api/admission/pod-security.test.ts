import { expect, test } from "vitest";
import {
  type AdmissionCase,
  admissionServer,
  make,
  newNamespace,
  podThing,
  runCases,
  type Thing,
  warningsOf,
} from "./cases.ts";

const held = admissionServer({
  podSecurity: { exemptions: { usernames: ["trusted"], runtimeClasses: ["kata"], namespaces: [] } },
});
const standards = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";
const admission = "https://kubernetes.io/docs/concepts/security/pod-security-admission/";
const enforce = (level: string, version = "latest") => ({
  "pod-security.kubernetes.io/enforce": level,
  "pod-security.kubernetes.io/enforce-version": version,
});

function container(securityContext: object, extra: object = {}): object {
  return { containers: [{ name: "main", image: "busybox", securityContext, ...extra }] };
}

const safe = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

function forbidden(name: string, spec: object, what: string, metadata: object = {}): AdmissionCase {
  return {
    name: `baseline: ${name}`,
    see: `${standards}#baseline`,
    labels: enforce("baseline"),
    when: podThing("a", spec, metadata),
    code: 403,
    message: `pods "a" is forbidden: violates PodSecurity "baseline:latest": ${what}`,
  };
}

function restricted(name: string, spec: object, what: string): AdmissionCase {
  return {
    name: `restricted: ${name}`,
    see: `${standards}#restricted`,
    labels: enforce("restricted"),
    when: podThing("a", spec),
    code: 403,
    message: `pods "a" is forbidden: violates PodSecurity "restricted:latest": ${what}`,
  };
}

function allowed(name: string, level: string, spec: object, version = "latest"): AdmissionCase {
  return {
    name: `${level}: ${name}`,
    see: standards,
    labels: enforce(level, version),
    when: podThing("a", spec),
    code: 201,
  };
}

const apparmor = "container.apparmor.security.beta.kubernetes.io/main";

const baseline: AdmissionCase[] = [
  forbidden(
    "the host's namespaces",
    { hostNetwork: true, hostPID: true, hostIPC: true },
    "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
  ),
  forbidden(
    "a privileged container",
    container({ privileged: true }),
    'privileged (container "main" must not set securityContext.privileged=true)',
  ),
  forbidden(
    "capabilities beyond the default",
    container({ capabilities: { add: ["SYS_ADMIN", "NET_ADMIN", "CHOWN"] } }),
    'non-default capabilities (container "main" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add)',
  ),
  forbidden(
    "a hostPath volume",
    { volumes: [{ name: "host", hostPath: { path: "/" } }] },
    'hostPath volumes (volume "host")',
  ),
  forbidden(
    "host ports",
    container(
      {},
      {
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 443, hostPort: 443 },
        ],
      },
    ),
    'hostPort (container "main" uses hostPorts 443, 80)',
  ),
  forbidden(
    "a probe of another host",
    container({}, { livenessProbe: { httpGet: { host: "127.0.0.1", port: 80 } } }),
    'probe or lifecycle host (container "main" uses probe or lifecycle host "127.0.0.1")',
  ),
  forbidden(
    "AppArmor switched off",
    { securityContext: { appArmorProfile: { type: "Unconfined" } } },
    'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
  ),
  forbidden(
    "AppArmor switched off by annotation",
    {},
    `forbidden AppArmor profile (annotation must not set AppArmor profile type to "${apparmor}=\\"unconfined\\"")`,
    { annotations: { [apparmor]: "unconfined" } },
  ),
  forbidden(
    "SELinux options",
    { securityContext: { seLinuxOptions: { type: "spc_t", user: "u", role: "r" } } },
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
  ),
  forbidden(
    "seccomp switched off",
    container({ seccompProfile: { type: "Unconfined" } }),
    'seccompProfile (container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
  ),
  forbidden(
    "sysctls of the kernel",
    {
      securityContext: {
        sysctls: [
          { name: "kernel.msgmax", value: "1" },
          { name: "net.ipv4.tcp_rmem", value: "1" },
        ],
      },
    },
    "forbidden sysctls (kernel.msgmax)",
  ),
  forbidden(
    "several things in several containers",
    {
      hostPID: true,
      initContainers: [{ name: "first", image: "busybox", securityContext: { privileged: true } }],
      containers: [{ name: "main", image: "busybox", securityContext: { privileged: true } }],
    },
    'host namespaces (hostPID=true), privileged (containers "first", "main" must not set securityContext.privileged=true)',
  ),
  allowed("a plain pod", "baseline", {}),
  allowed("everything", "privileged", { hostNetwork: true, ...container({ privileged: true }) }),
  allowed(
    "a probe of another host, as it was before 1.34",
    "baseline",
    container({}, { livenessProbe: { httpGet: { host: "h", port: 80 } } }),
    "v1.33",
  ),
];

const whole =
  'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), ' +
  'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), ' +
  'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), ' +
  'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

const restrictive: AdmissionCase[] = [
  restricted("a plain pod", {}, whole),
  restricted(
    "root by number",
    { ...container({ ...safe, runAsUser: 0 }) },
    'runAsUser=0 (container "main" must not set runAsUser=0)',
  ),
  restricted(
    "root by flag",
    container({ ...safe, runAsNonRoot: false }),
    'runAsNonRoot != true (container "main" must not set securityContext.runAsNonRoot=false)',
  ),
  restricted(
    "an added capability",
    container({ ...safe, capabilities: { drop: ["ALL"], add: ["CHOWN", "NET_BIND_SERVICE"] } }),
    'unrestricted capabilities (container "main" must not include "CHOWN" in securityContext.capabilities.add)',
  ),
  restricted(
    "volumes that reach out",
    {
      ...container(safe),
      volumes: [
        { name: "a", hostPath: { path: "/" } },
        { name: "b", nfs: { server: "s", path: "/" } },
        { name: "c", emptyDir: {} },
      ],
    },
    'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
  ),
  allowed("a careful pod", "restricted", container(safe)),
  allowed("what is said for the pod as a whole", "restricted", {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "Localhost", localhostProfile: "p.json" } },
    ...container({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }),
  }),
  allowed("an old version asks for less", "restricted", { securityContext: { runAsNonRoot: true } }, "v1.7"),
];

const deployment: Thing = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { hostNetwork: true, containers: [{ name: "main", image: "busybox" }] },
    },
  },
};

const modes: AdmissionCase[] = [
  {
    name: "warn lets through and tells",
    see: admission,
    labels: { "pod-security.kubernetes.io/warn": "baseline" },
    when: podThing("a", { hostPID: true }),
    code: 201,
    warnings: ['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)'],
  },
  {
    name: "audit lets through in silence",
    see: admission,
    labels: { "pod-security.kubernetes.io/audit": "restricted" },
    when: podThing("a"),
    code: 201,
    warnings: [],
  },
  {
    name: "a version is told",
    see: `${admission}#pod-security-levels`,
    labels: enforce("baseline", "v1.28"),
    when: podThing("a", { hostPID: true }),
    code: 403,
    message: 'pods "a" is forbidden: violates PodSecurity "baseline:v1.28": host namespaces (hostPID=true)',
  },
  {
    name: "a workload is not refused, but warned of what will be",
    see: `${admission}#workload-resources-and-pod-templates`,
    labels: { "pod-security.kubernetes.io/enforce": "baseline" },
    when: deployment,
    code: 201,
    warnings: ['would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)'],
  },
  {
    name: "an exempt user",
    see: `${admission}#exemptions`,
    labels: enforce("baseline"),
    given: [
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "trusted" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "trusted" }],
      },
    ],
    as: { user: "trusted" },
    when: podThing("a", { hostPID: true }),
    code: 201,
  },
  {
    name: "an exempt runtime class",
    see: `${admission}#exemptions`,
    labels: enforce("baseline"),
    given: [{ apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "kata" }, handler: "kata" }],
    when: podThing("a", { hostPID: true, runtimeClassName: "kata" }),
    code: 201,
  },
  {
    name: "a level that is none",
    see: `${admission}#pod-security-admission-labels-for-namespaces`,
    when: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "odd", labels: { ...enforce("strict", "v2"), "pod-security.kubernetes.io/warn": "baseline" } },
    },
    code: 422,
    message:
      'Namespace "odd" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "v2": must be "latest" or "v1.x"]',
  },
];

runCases(held, [...baseline, ...restrictive, ...modes]);

test(`a namespace that becomes stricter tells of the pods that it has (${admission})`, async () => {
  const { api } = held;
  const namespace = await newNamespace(api);
  for (const name of ["b", "a", "c"]) await make(api, podThing(name, { hostPID: true }), namespace);
  await make(api, podThing("d", container({ privileged: true })), namespace);
  const answer = await api.ask("PATCH", `/api/v1/namespaces/${namespace}`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { metadata: { labels: enforce("baseline") } },
  });
  expect(answer.code).toBe(200);
  expect(warningsOf(answer)).toEqual([
    `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "baseline:latest"`,
    "a (and 2 other pods): host namespaces",
    "d: privileged",
  ]);
});

test(`an update is judged only where it touches what a standard looks at (${admission})`, async () => {
  const { api } = held;
  const namespace = await newNamespace(api);
  const path = await make(api, podThing("a", { hostPID: true }), namespace);
  const patch = (target: string, body: object) =>
    api.ask("PATCH", target, { headers: { "content-type": "application/strategic-merge-patch+json" }, body });
  await patch(`/api/v1/namespaces/${namespace}`, { metadata: { labels: enforce("baseline") } });
  expect((await patch(path, { metadata: { labels: { touched: "yes" } } })).code).toBe(200);
  const image = await patch(path, { spec: { containers: [{ name: "main", image: "busybox:2" }] } });
  expect(image.code).toBe(403);
  expect(image.body.message).toBe(
    'pods "a" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
  );
});
