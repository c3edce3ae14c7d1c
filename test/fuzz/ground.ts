/** The API server that cases run against: all that admission may do to a pod is done here, and the default account is there. */
import { type Fixture, startApi } from "../api/fixture.ts";

const quota = { hard: { pods: "1000", "requests.cpu": "1000", "limits.memory": "1000Gi", "count/secrets": "10000" } };
const limits = [
  {
    type: "Container",
    default: { cpu: "500m", memory: "256Mi" },
    defaultRequest: { cpu: "100m" },
    min: { cpu: "10m" },
    max: { memory: "4Gi" },
    maxLimitRequestRatio: { cpu: "20" },
  },
  { type: "Pod", max: { cpu: "8" } },
  { type: "PersistentVolumeClaim", min: { storage: "1Mi" }, max: { storage: "1Ti" } },
];
const told = Object.fromEntries(["warn", "audit"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]));

export async function startGround(): Promise<Fixture> {
  // Nobody is here who would take the protection of claims and volumes away.
  const api = await startApi({ disableAdmissionPlugins: ["StorageObjectInUseProtection"] });
  const must = async (path: string, body: object): Promise<void> => {
    const { code, text } = await api.post(path, body);
    if (code !== 201 && code !== 409) throw new Error(`no ground to stand on: ${path}: ${text}`);
  };
  await must("/api/v1/namespaces", { metadata: { name: "default" } });
  for (const name of ["fuzz", "fuzz-limits"]) await must("/api/v1/namespaces", { metadata: { name } });
  const labelled = await api.ask("PATCH", "/api/v1/namespaces/default", {
    body: { metadata: { labels: told } },
    headers: { "content-type": "application/merge-patch+json" },
  });
  if (labelled.code !== 200) throw new Error(`no ground to stand on: ${labelled.text}`);
  for (const namespace of ["default", "fuzz"]) {
    await must(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "default" } });
  }
  await must("/api/v1/namespaces/default/limitranges", { metadata: { name: "ground" }, spec: { limits } });
  await must("/api/v1/namespaces/default/resourcequotas", { metadata: { name: "ground" }, spec: quota });
  return api;
}
