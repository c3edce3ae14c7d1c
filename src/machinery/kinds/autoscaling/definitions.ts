import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { convertAutoscaler } from "./convert.ts";
import { horizontalPodAutoscalerStrategy, horizontalPodAutoscalerTable } from "./horizontal-pod-autoscaler.ts";

export const autoscalingDefinitions: readonly ResourceDefinition[] = defineGroup(
  "autoscaling",
  "k8s.io/api/autoscaling",
  [
    {
      kind: "HorizontalPodAutoscaler",
      plural: "horizontalpodautoscalers",
      shortNames: ["hpa"],
      categories: ["all"],
      versions: ["v2", "v1"],
      storageVersion: "v2",
      status: true,
      strategy: horizontalPodAutoscalerStrategy,
      table: horizontalPodAutoscalerTable,
      convert: convertAutoscaler,
    },
  ],
);
