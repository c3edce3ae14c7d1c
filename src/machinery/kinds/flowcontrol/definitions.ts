import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { flowSchemaStrategy, flowSchemaTable } from "./flow-schema.ts";
import { priorityLevelStrategy, priorityLevelTable } from "./priority-level.ts";

export const flowcontrolDefinitions: readonly ResourceDefinition[] = defineGroup(
  "flowcontrol.apiserver.k8s.io",
  "k8s.io/api/flowcontrol",
  [
    {
      kind: "FlowSchema",
      plural: "flowschemas",
      scope: "Cluster",
      status: true,
      strategy: flowSchemaStrategy,
      table: flowSchemaTable,
    },
    {
      kind: "PriorityLevelConfiguration",
      plural: "prioritylevelconfigurations",
      scope: "Cluster",
      status: true,
      strategy: priorityLevelStrategy,
      table: priorityLevelTable,
    },
  ],
);
