/**
 * HorizontalPodAutoscaler between autoscaling/v2, which is stored, and v1, which knows one target for cpu and carries
 * everything else as JSON in annotations.
 */
import type { UnstructuredObject } from "../../meta/object.ts";
import { DecodeError, decodeTyped } from "../../schema/decode.ts";
import { schemaOf } from "../../schema/load.ts";
import type { Schema } from "../../schema/types.ts";
import type {
  HorizontalPodAutoscaler as AutoscalerV1,
  MetricSpec as MetricSpecV1,
  MetricStatus as MetricStatusV1,
} from "../../types/autoscaling/v1.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
} from "../../types/autoscaling/v2.ts";
import { metricSpecToV1, metricSpecToV2, metricStatusToV1, metricStatusToV2 } from "./convert-metrics.ts";

const metricsKey = "autoscaling.alpha.kubernetes.io/metrics";
const currentMetricsKey = "autoscaling.alpha.kubernetes.io/current-metrics";
const conditionsKey = "autoscaling.alpha.kubernetes.io/conditions";
const behaviorKey = "autoscaling.alpha.kubernetes.io/behavior";
const ownKeys = [metricsKey, currentMetricsKey, conditionsKey, behaviorKey];

export function convertAutoscaler(object: UnstructuredObject, toVersion: string): UnstructuredObject {
  if (object.apiVersion === `autoscaling/${toVersion}`) return object;
  if (toVersion === "v1") {
    return toV1(object as unknown as HorizontalPodAutoscaler) as unknown as UnstructuredObject;
  }
  return toV2(object as unknown as AutoscalerV1) as unknown as UnstructuredObject;
}

function isCpuUtilization(metric: MetricSpec | MetricStatus): boolean {
  return metric.type === "Resource" && metric.resource?.name === "cpu";
}

function toV1(from: HorizontalPodAutoscaler): AutoscalerV1 {
  const annotations = { ...from.metadata.annotations };
  for (const key of ownKeys) delete annotations[key];
  const metrics = from.spec?.metrics ?? [];
  const cpu = metrics.find(
    (metric) => isCpuUtilization(metric) && metric.resource?.target?.averageUtilization !== undefined,
  );
  const others = metrics.filter((metric) => metric !== cpu);
  if (others.length > 0) annotations[metricsKey] = JSON.stringify(others.map(metricSpecToV1));
  if (from.spec?.behavior) annotations[behaviorKey] = JSON.stringify(from.spec.behavior);
  const current = from.status?.currentMetrics ?? [];
  if (current.length > 0) annotations[currentMetricsKey] = JSON.stringify(current.map(metricStatusToV1));
  if (from.status?.conditions?.length) annotations[conditionsKey] = JSON.stringify(from.status.conditions);
  const usage = current.find(isCpuUtilization)?.resource?.current?.averageUtilization;
  const { annotations: _, ...metadata } = from.metadata;
  return {
    ...from,
    apiVersion: "autoscaling/v1",
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    ...(from.spec
      ? {
          spec: {
            scaleTargetRef: from.spec.scaleTargetRef,
            ...(from.spec.minReplicas === undefined ? {} : { minReplicas: from.spec.minReplicas }),
            maxReplicas: from.spec.maxReplicas,
            ...(cpu?.resource?.target?.averageUtilization === undefined
              ? {}
              : { targetCPUUtilizationPercentage: cpu.resource.target.averageUtilization }),
          },
        }
      : {}),
    status: {
      ...(from.status?.observedGeneration === undefined ? {} : { observedGeneration: from.status.observedGeneration }),
      ...(from.status?.lastScaleTime === undefined ? {} : { lastScaleTime: from.status.lastScaleTime }),
      currentReplicas: from.status?.currentReplicas ?? 0,
      desiredReplicas: from.status?.desiredReplicas ?? 0,
      ...(usage === undefined ? {} : { currentCPUUtilizationPercentage: usage }),
    },
  };
}

function toV2(from: AutoscalerV1): HorizontalPodAutoscaler {
  const annotations = { ...from.metadata.annotations };
  const metrics = listFrom<MetricSpecV1>(annotations[metricsKey], "v1.MetricSpec")?.map(metricSpecToV2) ?? [];
  const percentage = from.spec?.targetCPUUtilizationPercentage;
  if (percentage !== undefined) {
    metrics.unshift({
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percentage } },
    });
  }
  if (metrics.length === 0) {
    metrics.push({
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
    });
  }
  const behavior = typedFrom<NonNullable<HorizontalPodAutoscaler["spec"]>["behavior"]>(
    annotations[behaviorKey],
    schemaOf(goType("v2.HorizontalPodAutoscalerBehavior")),
  );
  const current = listFrom<MetricStatusV1>(annotations[currentMetricsKey], "v1.MetricStatus");
  const conditions = listFrom<HorizontalPodAutoscalerCondition>(
    annotations[conditionsKey],
    "v2.HorizontalPodAutoscalerCondition",
  );
  for (const key of ownKeys) delete annotations[key];
  const { annotations: _, ...metadata } = from.metadata;
  const { currentCPUUtilizationPercentage: __, ...status } = from.status ?? { currentReplicas: 0, desiredReplicas: 0 };
  return {
    ...from,
    apiVersion: "autoscaling/v2",
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    ...(from.spec
      ? {
          spec: {
            scaleTargetRef: from.spec.scaleTargetRef,
            ...(from.spec.minReplicas === undefined ? {} : { minReplicas: from.spec.minReplicas }),
            maxReplicas: from.spec.maxReplicas,
            metrics,
            ...(behavior ? { behavior } : {}),
          },
        }
      : {}),
    status: {
      ...status,
      ...(current ? { currentMetrics: current.map(metricStatusToV2) } : {}),
      ...(conditions ? { conditions } : {}),
    },
  };
}

function goType(name: string): string {
  return `k8s.io/api/autoscaling/${name}`;
}

function listFrom<T>(text: string | undefined, itemType: string): T[] | undefined {
  return typedFrom<T[]>(text, { type: "array", items: schemaOf(goType(itemType)) });
}

/** What a user broke in an annotation counts as not there, as in kube-apiserver. */
function typedFrom<T>(text: string | undefined, schema: Schema): T | undefined {
  if (text === undefined) return undefined;
  try {
    return (decodeTyped(JSON.parse(text), schema).value ?? undefined) as T | undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DecodeError) return undefined;
    throw error;
  }
}
