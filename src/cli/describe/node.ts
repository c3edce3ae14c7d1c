import { isPodTerminal } from "../../machinery/kinds/core/pod/phase.ts";
import { podLimits, podRequests } from "../../machinery/kinds/core/pod/resources.ts";
import { ageSince } from "../../machinery/kinds/human-duration.ts";
import { quantityMilliValue, quantityValue } from "../../machinery/quantity/read.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Lease } from "../../machinery/types/coordination/v1.ts";
import type { Node, Pod } from "../../machinery/types/core/v1.ts";
import { annotationLines, pairs, type Sheet } from "./sheet.ts";
import type { Describer } from "./types.ts";

export const describeNode: Describer<Node> = async (sheet, node, { cluster, now }) => {
  const { metadata, spec, status } = node;
  const rolePrefix = "node-role.kubernetes.io/";
  const roles = Object.keys(metadata.labels ?? {}).flatMap((label) =>
    label.startsWith(rolePrefix) ? [label.slice(rolePrefix.length)] : [],
  );
  sheet.line("Name:", metadata.name ?? "");
  sheet.line("Roles:", roles.sort().join(",") || "<none>");
  sheet.list("Labels", pairs(metadata.labels));
  sheet.list("Annotations", annotationLines(metadata.annotations));
  sheet.line("CreationTimestamp:", metadata.creationTimestamp ?? "");
  sheet.list(
    "Taints",
    (spec?.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`),
  );
  sheet.line("Unschedulable:", String(spec?.unschedulable ?? false));
  const lease = await leaseOf(cluster, metadata.name ?? "");
  sheet.section("Lease", () => {
    sheet.line("HolderIdentity:", lease?.spec?.holderIdentity ?? "<unset>");
    sheet.line("AcquireTime:", lease?.spec?.acquireTime ?? "<unset>");
    sheet.line("RenewTime:", lease?.spec?.renewTime ?? "<unset>");
  });
  sheet.section("Conditions", () => {
    sheet.line("Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message");
    sheet.line("----", "------", "-----------------", "------------------", "------", "-------");
    for (const { type, status: state, lastHeartbeatTime, lastTransitionTime, reason, message } of status?.conditions ??
      []) {
      sheet.line(type, state, lastHeartbeatTime ?? "", lastTransitionTime ?? "", reason ?? "", message ?? "");
    }
  });
  sheet.section("Addresses", () => {
    for (const { type, address } of status?.addresses ?? []) sheet.line(`${type}:`, address);
  });
  for (const [title, amounts] of [
    ["Capacity", status?.capacity],
    ["Allocatable", status?.allocatable],
  ] as const) {
    sheet.section(title, () => {
      for (const [name, amount] of Object.entries(amounts ?? {}).sort()) sheet.line(`${name}:`, amount);
    });
  }
  const info = status?.nodeInfo;
  sheet.section("System Info", () => {
    for (const [name, value] of [
      ["Machine ID", info?.machineID],
      ["System UUID", info?.systemUUID],
      ["Boot ID", info?.bootID],
      ["Kernel Version", info?.kernelVersion],
      ["OS Image", info?.osImage],
      ["Operating System", info?.operatingSystem],
      ["Architecture", info?.architecture],
      ["Container Runtime Version", info?.containerRuntimeVersion],
      ["Kubelet Version", info?.kubeletVersion],
      ["Kube-Proxy Version", info?.kubeProxyVersion],
    ] as const) {
      sheet.line(`${name}:`, value ?? "");
    }
  });
  if (spec?.podCIDR) sheet.line("PodCIDR:", spec.podCIDR);
  const { items } = await cluster.client.json<{ items: Pod[] }>({
    path: "/api/v1/pods",
    query: { fieldSelector: `spec.nodeName=${metadata.name}` },
  });
  describePods(
    sheet,
    node,
    items.filter((pod) => !isPodTerminal(pod)),
    now,
  );
};

async function leaseOf(cluster: Parameters<Describer>[2]["cluster"], name: string): Promise<Lease | undefined> {
  try {
    return await cluster.client.json<Lease>({
      path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`,
    });
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}

function describePods(sheet: Sheet, node: Node, pods: readonly Pod[], now: number): void {
  const cpuTotal = quantityMilliValue(node.status?.allocatable?.cpu);
  const memoryTotal = quantityValue(node.status?.allocatable?.memory);
  const share = (part: number, whole: number): string => (whole > 0 ? `${Math.floor((part * 100) / whole)}%` : "0%");
  const cpu = (milli: number): string =>
    `${milli % 1000 === 0 ? milli / 1000 : `${milli}m`} (${share(milli, cpuTotal)})`;
  const memory = (bytes: number, total = memoryTotal): string => `${byteText(bytes)} (${share(bytes, total)})`;
  const storageTotal = quantityValue(node.status?.allocatable?.["ephemeral-storage"]);
  const sum = {
    cpuRequests: 0,
    cpuLimits: 0,
    memoryRequests: 0,
    memoryLimits: 0,
    storageRequests: 0,
    storageLimits: 0,
  };
  sheet.line("Non-terminated Pods:", `(${pods.length} in total)`);
  sheet.indented(() => {
    sheet.line("Namespace", "Name", "", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age");
    sheet.line("---------", "----", "", "------------", "----------", "---------------", "-------------", "---");
    for (const pod of pods) {
      const requests = podRequests(pod);
      const limits = podLimits(pod);
      sum.cpuRequests += requests.cpu ?? 0;
      sum.cpuLimits += limits.cpu ?? 0;
      sum.memoryRequests += requests.memory ?? 0;
      sum.memoryLimits += limits.memory ?? 0;
      sum.storageRequests += requests["ephemeral-storage"] ?? 0;
      sum.storageLimits += limits["ephemeral-storage"] ?? 0;
      const { namespace, name, creationTimestamp } = pod.metadata;
      sheet.line(
        namespace ?? "",
        name ?? "",
        "",
        cpu(requests.cpu ?? 0),
        cpu(limits.cpu ?? 0),
        memory(requests.memory ?? 0),
        memory(limits.memory ?? 0),
        ageSince(creationTimestamp, now),
      );
    }
  });
  sheet.section("Allocated resources", () => {
    sheet.line("(Total limits may be over 100 percent, i.e., overcommitted.)");
    sheet.line("Resource", "Requests", "Limits");
    sheet.line("--------", "--------", "------");
    sheet.line("cpu", cpu(sum.cpuRequests), cpu(sum.cpuLimits));
    sheet.line("memory", memory(sum.memoryRequests), memory(sum.memoryLimits));
    sheet.line("ephemeral-storage", memory(sum.storageRequests, storageTotal), memory(sum.storageLimits, storageTotal));
  });
}

function byteText(bytes: number): string {
  for (const [unit, size] of [
    ["Gi", 2 ** 30],
    ["Mi", 2 ** 20],
    ["Ki", 2 ** 10],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
