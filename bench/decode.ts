/** What decoding a 3 KB pod costs, beside JSON.parse and JSON.stringify of the same. `node bench/decode.ts` */
import { decodeBody, decodeParsed } from "../src/machinery/schema/decode-body.ts";
import { applyDefaults } from "../src/machinery/schema/default.ts";
import { countKeys } from "../src/machinery/schema/json-text.ts";
import { schemaOf } from "../src/machinery/schema/load.ts";

const container = (name: string): object => ({
  name,
  image: "registry.example.com/team/app:1.2.3",
  command: ["/bin/app", "--listen", ":8080", "--verbose"],
  env: [
    { name: "POD_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
    { name: "DATABASE_URL", value: "postgres://db.default.svc.cluster.local:5432/app?sslmode=disable" },
    { name: "LOG_LEVEL", value: "info" },
  ],
  ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "256Mi" } },
  livenessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 10, failureThreshold: 3 },
  readinessProbe: { httpGet: { path: "/readyz", port: 8080 }, periodSeconds: 5 },
  volumeMounts: [
    { name: "config", mountPath: "/etc/app", readOnly: true },
    { name: "data", mountPath: "/var/lib/app" },
  ],
  securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
});

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web-5d9c7b6f4-abcde",
    namespace: "default",
    labels: { app: "web", "pod-template-hash": "5d9c7b6f4", tier: "frontend" },
    annotations: { "example.com/description": "a pod as an application would have it", "example.com/owner": "team-a" },
    creationTimestamp: "2026-01-01T00:00:00Z",
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d9c7b6f4", uid: "4f3c", controller: true },
    ],
  },
  spec: {
    serviceAccountName: "default",
    terminationGracePeriodSeconds: 30,
    nodeSelector: { "kubernetes.io/os": "linux" },
    containers: [container("app"), container("sidecar")],
    volumes: [
      { name: "config", configMap: { name: "web-config", items: [{ key: "a", path: "a.yaml" }] } },
      { name: "data", emptyDir: { sizeLimit: "1Gi" } },
    ],
    tolerations: [
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
      { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
    ],
  },
};

const text = JSON.stringify(pod);
const body = Buffer.from(text);
const expected = { group: "", version: "v1", kind: "Pod", schema: schemaOf("k8s.io/api/core/v1.Pod") };

function time(name: string, run: () => unknown): void {
  const samples: number[] = [];
  let kept: unknown;
  for (let round = 0; round < 30; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 2000; i++) kept = run();
    samples.push(Number(process.hrtime.bigint() - start) / 2000 / 1000);
  }
  samples.sort((a, b) => a - b);
  if (kept === undefined) throw new Error(`${name} gave nothing`);
  console.log(`${name.padEnd(44)} ${(samples[15] ?? 0).toFixed(2)} us`);
}

console.log(`a pod of ${body.length} bytes`);
// Decoding works in place, so that a clean object may be decoded again and again.
const clean = JSON.parse(text) as object;
time("JSON.parse", () => JSON.parse(text));
time("JSON.stringify", () => JSON.stringify(pod));
time("decode of the parsed object", () => decodeParsed(clean, expected, "Ignore"));
time("applyDefaults", () => applyDefaults(clean, expected.schema) ?? clean);
time("countKeys (duplicate detection)", () => countKeys(body));
time("body to object, Ignore (with parse)", () => decodeBody(body, expected, "Ignore"));
time("body to object, Strict (with parse)", () => decodeBody(body, expected, "Strict"));
