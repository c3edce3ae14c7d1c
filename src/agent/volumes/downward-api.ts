/** The downward API: values of the pod itself, for files and for environment variables. https://kubernetes.io/docs/concepts/workloads/pods/downward-api/ */
import { quantityMilliValue, quantityValue } from "../../machinery/quantity/read.ts";
import { goQuote } from "../../machinery/status/go-format.ts";
import type { Container, Pod, ResourceFieldSelector } from "../../machinery/types/core/v1.ts";

/** The value of a fieldPath. Throws `unsupported fieldPath: …`. */
export function fieldValue(pod: Pod, fieldPath: string): string {
  const { metadata, spec, status } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript) {
    const [, map, key] = subscript;
    return (map === "labels" ? metadata.labels : metadata.annotations)?.[key ?? ""] ?? "";
  }
  switch (fieldPath) {
    case "metadata.name":
      return metadata.name ?? "";
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    case "metadata.labels":
      return formatMap(metadata.labels ?? {});
    case "metadata.annotations":
      return formatMap(metadata.annotations ?? {});
    case "spec.nodeName":
      return spec?.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec?.serviceAccountName ?? "";
    case "status.hostIP":
      return status?.hostIP ?? "";
    case "status.hostIPs":
      return (status?.hostIPs ?? []).map(({ ip }) => ip).join(",");
    case "status.podIP":
      return status?.podIP ?? "";
    case "status.podIPs":
      return (status?.podIPs ?? []).map(({ ip }) => ip).join(",");
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`);
  }
}

/**
 * The value of a resourceFieldRef, rounded up to whole divisors. A limit that is not set is the node's allocatable, a
 * request that is not set is the limit if that one is, else 0.
 * `container`: whom it is about where the selector names none (environment variables).
 */
export function resourceValue(
  pod: Pod,
  selector: ResourceFieldSelector,
  allocatable: Readonly<Record<string, string>>,
  container: Container | undefined = containerOf(pod, selector.containerName),
): string {
  if (!container) throw new Error(`container ${JSON.stringify(selector.containerName ?? "")} not found`);
  const dot = selector.resource.indexOf(".");
  const list = selector.resource.slice(0, dot);
  const name = selector.resource.slice(dot + 1);
  const { limits, requests } = container.resources ?? {};
  const known = name === "cpu" || name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-");
  if (!known || (list !== "limits" && list !== "requests")) {
    throw new Error(`unsupported container resource : ${selector.resource}`);
  }
  const quantity =
    list === "limits" ? (limits?.[name] ?? allocatable[name] ?? "0") : (requests?.[name] ?? limits?.[name] ?? "0");
  const amount = name === "cpu" ? quantityMilliValue : quantityValue;
  const divisor = amount(selector.divisor ?? "0") || amount("1");
  return String(Math.ceil(amount(quantity) / divisor));
}

function containerOf(pod: Pod, name: string | undefined): Container | undefined {
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(
    (container) => container.name === name,
  );
}

/** One `key="value"` a line, sorted, the value quoted as Go does. */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${goQuote(map[key] ?? "")}`)
    .join("\n");
}
