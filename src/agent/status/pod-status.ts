/** A pod's whole status, as a pure function of what is known. */
import type { ContainerStatus, PodPhase, PodStatus } from "../../machinery/types/core/v1.ts";
import { specContainers } from "../container/kinds.ts";
import { qosClassOf } from "../container/qos.ts";
import { activeSandbox } from "../pod/view.ts";
import { podConditions } from "./conditions.ts";
import { containerStatus } from "./container-status.ts";
import type { StatusInput } from "./input.ts";
import { podPhase } from "./phase.ts";

export function isTerminal(phase: PodPhase | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

export function computePodStatus(input: StatusInput): PodStatus {
  const { pod, previous, view, now, nodeIps, ended } = input;
  const hostNetwork = pod.spec?.hostNetwork ?? false;
  const hasInit = (pod.spec?.initContainers ?? []).length > 0;
  const byKind: Record<"init" | "app" | "ephemeral", ContainerStatus[]> = { init: [], app: [], ephemeral: [] };
  for (const spec of specContainers(pod)) byKind[spec.kind].push(containerStatus(input, spec, hasInit));

  const computed = ended ? "Failed" : podPhase(pod, byKind.init, byKind.app, input.terminated);
  // A pod that is over stays over.
  const phase = isTerminal(previous.phase) ? (previous.phase ?? computed) : computed;
  const sandbox = activeSandbox(view, hostNetwork);
  const ips = sandbox ? (hostNetwork ? nodeIps : sandbox.ips) : (previous.podIPs ?? []).map(({ ip }) => ip);
  const conditions = podConditions(input, {
    phase,
    init: byKind.init,
    app: byKind.app,
    hasNetwork: sandbox !== undefined,
  });
  const reason = ended?.reason ?? previous.reason;
  const message = ended?.message ?? previous.message;
  const { generation } = pod.metadata;
  const [podIp] = ips;
  const [hostIp] = nodeIps;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions,
    ...(message ? { message } : {}),
    ...(reason ? { reason } : {}),
    ...(pod.status?.nominatedNodeName ? { nominatedNodeName: pod.status.nominatedNodeName } : {}),
    ...(hostIp === undefined ? {} : { hostIP: hostIp, hostIPs: nodeIps.map((ip) => ({ ip })) }),
    ...(podIp === undefined ? {} : { podIP: podIp, podIPs: ips.map((ip) => ({ ip })) }),
    startTime: previous.startTime ?? now,
    ...(byKind.init.length > 0 ? { initContainerStatuses: byKind.init } : {}),
    containerStatuses: byKind.app,
    ...(byKind.ephemeral.length > 0 ? { ephemeralContainerStatuses: byKind.ephemeral } : {}),
    qosClass: previous.qosClass ?? qosClassOf(pod),
    ...(pod.status?.resourceClaimStatuses ? { resourceClaimStatuses: pod.status.resourceClaimStatuses } : {}),
  };
}
