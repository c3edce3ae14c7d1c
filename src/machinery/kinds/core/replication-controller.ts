import { required } from "../../status/field-errors.ts";
import type { ReplicationController } from "../../types/core/v1.ts";
import { checkTemplate } from "../apps/validation.ts";
import {
  age,
  ageColumn,
  column,
  containerImages,
  containerNames,
  containersColumn,
  imagesColumn,
  nameColumn,
  table,
  wide,
} from "../columns.ts";
import { formatLabels } from "../labels-format.ts";
import { strategyFor } from "../strategy-for.ts";
import { checkNotNegative, type Errors } from "../validation/checks.ts";
import { defaultPodTemplate } from "./pod/defaults.ts";
import { podTemplateWarnings } from "./pod/warnings.ts";

export const replicationControllerStrategy = strategyFor<ReplicationController>({
  defaultPropagation: "orphan",
  defaultObject(controller) {
    const { spec } = controller;
    if (spec === undefined) return;
    const labels = spec.template?.metadata?.labels;
    if (labels) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(controller.metadata.labels ?? {}).length === 0) controller.metadata.labels = { ...labels };
    }
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
    controller.status ??= { replicas: 0 };
    controller.status.replicas ??= 0;
  },
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
  },
  validate({ spec }) {
    const errors: Errors = [];
    checkNotNegative(errors, "spec.minReadySeconds", spec?.minReadySeconds);
    checkNotNegative(errors, "spec.replicas", spec?.replicas);
    const selector = spec?.selector ?? {};
    if (Object.keys(selector).length === 0) errors.push(required("spec.selector"));
    checkTemplate(errors, spec?.template, { matchLabels: selector }, "ReplicationController");
    return errors;
  },
  warnings: (controller) => podTemplateWarnings("spec.template", controller.spec?.template),
});

export const replicationControllerTable = table<ReplicationController>(
  [
    nameColumn,
    column(
      "Desired",
      "integer",
      "Replicas is the number of desired replicas. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller",
    ),
    column(
      "Current",
      "integer",
      "Replicas is the most recently observed number of replicas. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller",
    ),
    column("Ready", "integer", "The number of ready replicas for this replication controller."),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide(
      "Selector",
      "string",
      "Selector is a label query over pods that should match the Replicas count. If Selector is empty, it is defaulted to the labels present on the Pod template. Label keys and values that must match in order to be controlled by this replication controller, if empty defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  (controller, now) => [
    controller.metadata.name,
    controller.spec?.replicas ?? 0,
    controller.status?.replicas ?? 0,
    controller.status?.readyReplicas ?? 0,
    age(controller, now),
    containerNames(controller.spec?.template?.spec?.containers),
    containerImages(controller.spec?.template?.spec?.containers),
    formatLabels(controller.spec?.selector),
  ],
);
