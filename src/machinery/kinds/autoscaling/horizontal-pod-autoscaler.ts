import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricStatus } from "../../types/autoscaling/v2.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { validateAutoscaler } from "./validation.ts";

/** Works on either version's form: the fields that v1 lacks are simply absent. */
export const horizontalPodAutoscalerStrategy = strategyFor<HorizontalPodAutoscaler>({
  hasGeneration: false,
  validate: validateAutoscaler,
  defaultObject(autoscaler) {
    const { spec } = autoscaler;
    if (spec === undefined) return;
    spec.minReplicas ??= 1;
    if (autoscaler.apiVersion === "autoscaling/v1") return;
    if (!spec.metrics?.length) {
      spec.metrics = [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
      ];
    }
    if (spec.behavior) {
      spec.behavior.scaleUp = completed(spec.behavior.scaleUp, {
        stabilizationWindowSeconds: 0,
        selectPolicy: "Max",
        policies: [
          { type: "Pods", value: 4, periodSeconds: 15 },
          { type: "Percent", value: 100, periodSeconds: 15 },
        ],
      });
      spec.behavior.scaleDown = completed(spec.behavior.scaleDown, {
        selectPolicy: "Max",
        policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
      });
    }
  },
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0 };
  },
});

function completed(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  return { ...defaults, ...rules };
}

export const horizontalPodAutoscalerTable = table<HorizontalPodAutoscaler>(
  [
    nameColumn,
    column(
      "Reference",
      "string",
      "scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.",
    ),
    column(
      "Targets",
      "string",
      "metrics contains the specifications for which to use to calculate the desired replica count (the maximum replica count across all metrics will be used).  The desired replica count is calculated multiplying the ratio between the target value and the current value by the current number of pods.  Ergo, metrics used must decrease as the pod count is increased, and vice-versa.  See the individual metric source types for more information about how each type of metric must respond. If not set, the default metric will be set to 80% average CPU utilization.",
    ),
    column(
      "MinPods",
      "string",
      "minReplicas is the lower limit for the number of replicas to which the autoscaler can scale down.  It defaults to 1 pod.  minReplicas is allowed to be 0 if the alpha feature gate HPAScaleToZero is enabled and at least one Object or External metric is configured.  Scaling is active as long as at least one metric value is available.",
    ),
    column(
      "MaxPods",
      "string",
      "maxReplicas is the upper limit for the number of replicas to which the autoscaler can scale up. It cannot be less that minReplicas.",
    ),
    column(
      "Replicas",
      "string",
      "currentReplicas is current number of replicas of pods managed by this autoscaler, as last seen by the autoscaler.",
    ),
    ageColumn,
  ],
  (autoscaler, now) => {
    const { metadata, spec, status } = autoscaler;
    return [
      metadata.name,
      `${spec?.scaleTargetRef?.kind ?? ""}/${spec?.scaleTargetRef?.name ?? ""}`,
      targets(spec?.metrics ?? [], status?.currentMetrics ?? []),
      spec?.minReplicas === undefined ? "<unset>" : String(spec.minReplicas),
      spec?.maxReplicas ?? 0,
      status?.currentReplicas ?? 0,
      age(autoscaler, now),
    ];
  },
);

const shown = 2;

function targets(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return "<none>";
  const list = specs.slice(0, shown).map((spec, index) => target(spec, statuses[index]));
  return specs.length > shown ? `${list.join(", ")} + ${specs.length - shown} more...` : list.join(", ");
}

/** "cpu: 12%/80%", "500m/1 (avg)", "<unknown>/10" */
function target(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case "Pods":
      return `${status?.pods?.current?.averageValue ?? "<unknown>"}/${spec.pods?.target?.averageValue ?? ""}`;
    case "Object":
      return valueOrAverage(spec.object?.target, status?.object?.current);
    case "External":
      return valueOrAverage(spec.external?.target, status?.external?.current);
    case "Resource":
      return `${spec.resource?.name ?? ""}: ${usage(spec.resource?.target, status?.resource?.current)}`;
    case "ContainerResource":
      return `${spec.containerResource?.name ?? ""}: ${usage(spec.containerResource?.target, status?.containerResource?.current)}`;
    default:
      return "<unknown type>";
  }
}

interface Amounts {
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: number;
}

function valueOrAverage(wanted: Amounts | undefined, current: Amounts | undefined): string {
  if (wanted?.averageValue !== undefined) return `${current?.averageValue ?? "<unknown>"}/${wanted.averageValue} (avg)`;
  return `${current?.value ?? "<unknown>"}/${wanted?.value ?? ""}`;
}

function usage(wanted: Amounts | undefined, current: Amounts | undefined): string {
  if (wanted?.averageValue !== undefined) return `${current?.averageValue ?? "<unknown>"}/${wanted.averageValue}`;
  const now = current?.averageUtilization === undefined ? "<unknown>" : `${current.averageUtilization}%`;
  return `${now}/${wanted?.averageUtilization === undefined ? "<auto>" : `${wanted.averageUtilization}%`}`;
}
