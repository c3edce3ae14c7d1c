import type { PodSpec, ServiceAccount } from "../../../machinery/types/core/v1.ts";

interface WithEnv {
  readonly name: string;
  readonly env?: PodSpec["containers"][number]["env"];
  readonly envFrom?: PodSpec["containers"][number]["envFrom"];
}

/**
 * The annotation kubernetes.io/enforce-mountable-secrets: the first secret that the pod uses and its account does not list.
 * "ephemeral": only ephemeral containers are looked at, as nothing else can have changed.
 */
export function secretNotListed(
  account: ServiceAccount,
  spec: PodSpec,
  which: "all" | "ephemeral",
): string | undefined {
  const name = account.metadata.name ?? "";
  const listed = new Set(account.secrets?.map((secret) => secret.name));
  const not = (where: string, secret: string): string =>
    `${where} referencing secret.secretName="${secret}" is not allowed because service account ${name} does not reference that secret`;
  const inContainers = (containers: readonly WithEnv[] | undefined, kind: string): string | undefined => {
    for (const container of containers ?? []) {
      for (const variable of container.env ?? []) {
        const secret = variable.valueFrom?.secretKeyRef?.name;
        if (secret !== undefined && !listed.has(secret)) {
          return not(`${kind} ${container.name} with envVar ${variable.name}`, secret);
        }
      }
      for (const source of container.envFrom ?? []) {
        const secret = source.secretRef?.name;
        if (secret !== undefined && !listed.has(secret)) return not(`${kind} ${container.name} with envFrom`, secret);
      }
    }
    return undefined;
  };
  if (which === "ephemeral") return inContainers(spec.ephemeralContainers, "ephemeral container");
  for (const { secret } of spec.volumes ?? []) {
    if (secret?.secretName !== undefined && !listed.has(secret.secretName)) {
      return `volume with secret.secretName="${secret.secretName}" is not allowed because service account ${name} does not reference that secret`;
    }
  }
  const inPod = inContainers(spec.initContainers, "init container") ?? inContainers(spec.containers, "container");
  if (inPod !== undefined) return inPod;
  const pulls = new Set(account.imagePullSecrets?.map((secret) => secret.name));
  for (const [i, secret] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pulls.has(secret.name)) {
      return `imagePullSecrets[${i}].name="${secret.name}" is not allowed because service account ${name} does not reference that imagePullSecret`;
    }
  }
  return undefined;
}
