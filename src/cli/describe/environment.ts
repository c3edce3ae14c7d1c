/** The environment of a container, as `describe` shows it: values where they are known, where they come from otherwise. */
import { quantityMilliValue } from "../../machinery/quantity/read.ts";
import type { Container, EnvVar, Pod } from "../../machinery/types/core/v1.ts";
import type { Sheet } from "./sheet.ts";

/** `pod`: absent in templates, whose fields have no values yet. */
export function describeEnvironment(sheet: Sheet, container: Container, pod: Pod | undefined): void {
  const { envFrom, env } = container;
  if (envFrom && envFrom.length > 0) {
    sheet.section("Environment Variables from", () => {
      for (const { configMapRef, secretRef, prefix } of envFrom) {
        const ref = configMapRef ?? secretRef;
        const kind = `${configMapRef ? "ConfigMap" : "Secret"}${prefix ? ` with prefix '${prefix}'` : ""}`;
        sheet.line(ref?.name ?? "", kind, `Optional: ${ref?.optional ?? false}`);
      }
    });
  }
  if (!env || env.length === 0) {
    sheet.line("Environment:", "<none>");
    return;
  }
  sheet.section("Environment", () => {
    for (const variable of env) sheet.line(`${variable.name}:`, ...cellsOf(variable, container, pod));
  });
}

function cellsOf({ value, valueFrom }: EnvVar, container: Container, pod: Pod | undefined): string[] {
  if (!valueFrom) return [value ?? ""];
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) {
    return [`${fieldValue(pod, fieldRef.fieldPath)} (${fieldRef.apiVersion ?? "v1"}:${fieldRef.fieldPath})`];
  }
  if (resourceFieldRef) {
    return [
      `${resourceValue(container, resourceFieldRef.resource, resourceFieldRef.divisor)} (${resourceFieldRef.resource})`,
    ];
  }
  if (secretKeyRef) {
    return [
      `<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name}'>`,
      `Optional: ${secretKeyRef.optional ?? false}`,
    ];
  }
  return [
    `<set to the key '${configMapKeyRef?.key}' of config map '${configMapKeyRef?.name}'>`,
    `Optional: ${configMapKeyRef?.optional ?? false}`,
  ];
}

/** kubectl looks at the metadata alone: what a status will say it leaves empty. */
function fieldValue(pod: Pod | undefined, path: string): string {
  if (!pod) return "";
  const { name, namespace, uid, labels, annotations } = pod.metadata;
  const [, map, key = ""] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map) return (map === "labels" ? labels : annotations)?.[key] ?? "";
  return { "metadata.name": name, "metadata.namespace": namespace, "metadata.uid": uid }[path] ?? "";
}

/** The amount in units of the divisor, rounded up; 0 where there is none. */
function resourceValue(container: Container, resource: string, divisor: string | undefined): string {
  const [list, ...name] = resource.split(".");
  const amounts = list === "limits" ? container.resources?.limits : container.resources?.requests;
  const unit = quantityMilliValue(divisor) || 1000;
  return String(Math.ceil(quantityMilliValue(amounts?.[name.join(".")]) / unit));
}
