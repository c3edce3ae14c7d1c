/** Metrics of a HorizontalPodAutoscaler between the form of autoscaling/v2 and the flat one that v1 puts in annotations. */
import type { MetricSpec as MetricSpecV1, MetricStatus as MetricStatusV1 } from "../../types/autoscaling/v1.ts";
import type { MetricIdentifier, MetricSpec, MetricStatus, MetricTarget } from "../../types/autoscaling/v2.ts";
import type { LabelSelector } from "../../types/meta/v1.ts";

function defined<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) result[key] = value;
  return result as T;
}

/** Required, but who applies a part of an object, or writes the annotation, may leave it out: in Go it is then empty. */
const noReference = { kind: "", name: "" };

function identifier(name: string, selector: LabelSelector | undefined): MetricIdentifier {
  return defined<MetricIdentifier>({ name, selector });
}

/** Which of the amounts is set says of what type the target is. */
function targetOf(value?: string, averageValue?: string, averageUtilization?: number): MetricTarget {
  const type = averageUtilization !== undefined ? "Utilization" : averageValue !== undefined ? "AverageValue" : "Value";
  return defined<MetricTarget>({ type, value, averageValue, averageUtilization });
}

export function metricSpecToV1({
  type,
  resource,
  containerResource,
  pods,
  object,
  external,
}: MetricSpec): MetricSpecV1 {
  return defined<MetricSpecV1>({
    type,
    resource:
      resource &&
      defined<NonNullable<MetricSpecV1["resource"]>>({
        name: resource.name,
        targetAverageUtilization: resource.target?.averageUtilization,
        targetAverageValue: resource.target?.averageValue,
      }),
    containerResource:
      containerResource &&
      defined<NonNullable<MetricSpecV1["containerResource"]>>({
        name: containerResource.name,
        targetAverageUtilization: containerResource.target?.averageUtilization,
        targetAverageValue: containerResource.target?.averageValue,
        container: containerResource.container,
      }),
    pods:
      pods &&
      defined<NonNullable<MetricSpecV1["pods"]>>({
        metricName: pods.metric?.name ?? "",
        targetAverageValue: pods.target?.averageValue ?? "0",
        selector: pods.metric?.selector,
      }),
    object:
      object &&
      defined<NonNullable<MetricSpecV1["object"]>>({
        target: object.describedObject ?? noReference,
        metricName: object.metric?.name ?? "",
        targetValue: object.target?.value ?? "0",
        selector: object.metric?.selector,
        averageValue: object.target?.averageValue,
      }),
    external:
      external &&
      defined<NonNullable<MetricSpecV1["external"]>>({
        metricName: external.metric?.name ?? "",
        metricSelector: external.metric?.selector,
        targetValue: external.target?.value,
        targetAverageValue: external.target?.averageValue,
      }),
  });
}

export function metricSpecToV2({
  type,
  resource,
  containerResource,
  pods,
  object,
  external,
}: MetricSpecV1): MetricSpec {
  return defined<MetricSpec>({
    type,
    resource: resource && {
      name: resource.name,
      target: targetOf(undefined, resource.targetAverageValue, resource.targetAverageUtilization),
    },
    containerResource: containerResource && {
      name: containerResource.name,
      target: targetOf(undefined, containerResource.targetAverageValue, containerResource.targetAverageUtilization),
      container: containerResource.container,
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      target: targetOf(undefined, pods.targetAverageValue),
    },
    object: object && {
      describedObject: object.target ?? noReference,
      metric: identifier(object.metricName, object.selector),
      target:
        object.averageValue === undefined ? targetOf(object.targetValue) : targetOf(undefined, object.averageValue),
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      target: targetOf(external.targetValue, external.targetAverageValue),
    },
  });
}

export function metricStatusToV1(status: MetricStatus): MetricStatusV1 {
  const { type, resource, containerResource, pods, object, external } = status;
  return defined<MetricStatusV1>({
    type,
    resource:
      resource &&
      defined<NonNullable<MetricStatusV1["resource"]>>({
        name: resource.name,
        currentAverageUtilization: resource.current?.averageUtilization,
        currentAverageValue: resource.current?.averageValue ?? "0",
      }),
    containerResource:
      containerResource &&
      defined<NonNullable<MetricStatusV1["containerResource"]>>({
        name: containerResource.name,
        currentAverageUtilization: containerResource.current?.averageUtilization,
        currentAverageValue: containerResource.current?.averageValue ?? "0",
        container: containerResource.container,
      }),
    pods:
      pods &&
      defined<NonNullable<MetricStatusV1["pods"]>>({
        metricName: pods.metric?.name ?? "",
        currentAverageValue: pods.current?.averageValue ?? "0",
        selector: pods.metric?.selector,
      }),
    object:
      object &&
      defined<NonNullable<MetricStatusV1["object"]>>({
        target: object.describedObject ?? noReference,
        metricName: object.metric?.name ?? "",
        currentValue: object.current?.value ?? "0",
        selector: object.metric?.selector,
        averageValue: object.current?.averageValue,
      }),
    external:
      external &&
      defined<NonNullable<MetricStatusV1["external"]>>({
        metricName: external.metric?.name ?? "",
        metricSelector: external.metric?.selector,
        currentValue: external.current?.value ?? "0",
        currentAverageValue: external.current?.averageValue,
      }),
  });
}

export function metricStatusToV2(status: MetricStatusV1): MetricStatus {
  const { type, resource, containerResource, pods, object, external } = status;
  type Current = NonNullable<MetricStatus["pods"]>["current"];
  return defined<MetricStatus>({
    type,
    resource: resource && {
      name: resource.name,
      current: defined<Current>({
        value: undefined,
        averageValue: resource.currentAverageValue,
        averageUtilization: resource.currentAverageUtilization,
      }),
    },
    containerResource: containerResource && {
      name: containerResource.name,
      current: defined<Current>({
        value: undefined,
        averageValue: containerResource.currentAverageValue,
        averageUtilization: containerResource.currentAverageUtilization,
      }),
      container: containerResource.container,
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      current: { averageValue: pods.currentAverageValue },
    },
    object: object && {
      describedObject: object.target ?? noReference,
      metric: identifier(object.metricName, object.selector),
      current: defined<Current>({
        value: object.currentValue,
        averageValue: object.averageValue,
        averageUtilization: undefined,
      }),
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      current: defined<Current>({
        value: external.currentValue,
        averageValue: external.currentAverageValue,
        averageUtilization: undefined,
      }),
    },
  });
}
