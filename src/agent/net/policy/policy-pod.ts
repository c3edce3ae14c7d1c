import { keyOf } from "../../../machinery/meta/object.ts";
import type { Pod } from "../../../machinery/types/core/v1.ts";
import type { Protocol } from "./compile.ts";

/** A pod as policies see it. */
export interface PolicyPod {
  /** "namespace/name" */
  readonly key: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** IPv4 */
  readonly ips: readonly string[];
  readonly nodeName: string;
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly number: number }[];
}

/** `ips`: where the pod's status does not tell them yet. */
export function policyPod(
  pod: Pod,
  ips: readonly string[] = (pod.status?.podIPs ?? []).map(({ ip }) => ip),
): PolicyPod {
  const { metadata, spec } = pod;
  const containers = [...(spec?.initContainers ?? []).filter((one) => one.restartPolicy === "Always")];
  return {
    key: keyOf(pod),
    namespace: metadata.namespace ?? "",
    labels: metadata.labels,
    ips: ips.filter((ip) => !ip.includes(":")),
    nodeName: spec?.nodeName ?? "",
    ports: [...containers, ...(spec?.containers ?? [])].flatMap(({ ports = [] }) =>
      ports.flatMap(({ name, protocol = "TCP", containerPort }) =>
        name === undefined ? [] : [{ name, protocol: protocol.toLowerCase() as Protocol, number: containerPort }],
      ),
    ),
  };
}
