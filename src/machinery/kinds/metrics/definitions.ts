/** https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/ */
import type { NodeMetrics, PodMetrics } from "../../types/metrics/v1beta1.ts";
import { column, nameColumn, table } from "../columns.ts";
import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { totalUsage } from "./usage.ts";

const usageColumns = [
  nameColumn,
  column("cpu", "string", "CPU usage"),
  column("memory", "string", "Memory usage"),
  column("Window", "string", "The time over which usage was measured"),
];

const common = { versions: ["v1beta1"], verbs: ["get", "list"], computed: true } as const;

export const metricsDefinitions: readonly ResourceDefinition[] = defineGroup(
  "metrics.k8s.io",
  "k8s.io/metrics/pkg/apis/metrics",
  [
    {
      ...common,
      kind: "NodeMetrics",
      plural: "nodes",
      scope: "Cluster",
      storagePrefix: "metrics.k8s.io/nodes",
      table: table<NodeMetrics>(usageColumns, ({ metadata, usage = {}, window }) => [
        metadata.name,
        usage.cpu ?? "0",
        usage.memory ?? "0",
        window ?? "",
      ]),
    },
    {
      ...common,
      kind: "PodMetrics",
      plural: "pods",
      storagePrefix: "metrics.k8s.io/pods",
      table: table<PodMetrics>(usageColumns, ({ metadata, containers = [], window }) => {
        const { cpu, memory } = totalUsage(containers.map(({ usage }) => usage));
        return [metadata.name, cpu, memory, window ?? ""];
      }),
    },
  ],
);
