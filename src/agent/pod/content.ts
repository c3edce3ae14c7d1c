/** Which ConfigMaps and Secrets a pod refers to. */
import type { Pod } from "../../machinery/types/core/v1.ts";
import { specContainers } from "../container/kinds.ts";

export function usesContent(pod: Pod, kind: "configmaps" | "secrets", name: string): boolean {
  return (kind === "configmaps" ? configMapsOf(pod) : secretsOf(pod)).has(name);
}

function configMapsOf(pod: Pod): Set<string | undefined> {
  const names = new Set<string | undefined>();
  for (const { container } of specContainers(pod)) {
    for (const { configMapRef } of container.envFrom ?? []) names.add(configMapRef?.name);
    for (const { valueFrom } of container.env ?? []) names.add(valueFrom?.configMapKeyRef?.name);
  }
  for (const { configMap, projected } of pod.spec?.volumes ?? []) {
    names.add(configMap?.name);
    for (const source of projected?.sources ?? []) names.add(source.configMap?.name);
  }
  return names;
}

function secretsOf(pod: Pod): Set<string | undefined> {
  const names = new Set<string | undefined>(pod.spec?.imagePullSecrets?.map(({ name }) => name));
  for (const { container } of specContainers(pod)) {
    for (const { secretRef } of container.envFrom ?? []) names.add(secretRef?.name);
    for (const { valueFrom } of container.env ?? []) names.add(valueFrom?.secretKeyRef?.name);
  }
  for (const { secret, projected } of pod.spec?.volumes ?? []) {
    names.add(secret?.secretName);
    for (const source of projected?.sources ?? []) names.add(source.secret?.name);
  }
  return names;
}
