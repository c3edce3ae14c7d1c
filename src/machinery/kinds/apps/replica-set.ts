import type { ReplicaSet } from "../../types/apps/v1.ts";
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
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { podTemplateWarnings } from "../core/pod/warnings.ts";
import { formatLabelSelector } from "../labels-format.ts";
import { strategyFor } from "../strategy-for.ts";
import { checkImmutable, checkNotNegative, type Errors } from "../validation/checks.ts";
import { checkCounts, moreThan } from "./status-counts.ts";
import { checkSelector, checkTemplate } from "./validation.ts";

export const replicaSetStrategy = strategyFor<ReplicaSet>({
  defaultObject(set) {
    set.status ??= { replicas: 0 };
    set.status.replicas ??= 0;
    if (set.spec === undefined) return;
    set.spec.replicas ??= 1;
    defaultPodTemplate(set.spec.template);
  },
  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },
  validate({ spec }) {
    const errors: Errors = [];
    checkNotNegative(errors, "spec.replicas", spec?.replicas);
    checkNotNegative(errors, "spec.minReadySeconds", spec?.minReadySeconds);
    checkSelector(errors, spec?.selector, "deployment");
    checkTemplate(errors, spec?.template, spec?.selector, "ReplicaSet");
    return errors;
  },
  validateUpdate(set, old) {
    const errors: Errors = [];
    checkImmutable(errors, "spec.selector", set.spec?.selector, old.spec?.selector);
    return errors;
  },
  validateStatusUpdate({ status }) {
    const errors: Errors = [];
    const { replicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {};
    checkCounts(errors, { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas });
    checkNotNegative(errors, "status.observedGeneration", status?.observedGeneration);
    if (fullyLabeledReplicas > replicas)
      errors.push(moreThan("fullyLabeledReplicas", fullyLabeledReplicas, "replicas"));
    if (readyReplicas > replicas) errors.push(moreThan("readyReplicas", readyReplicas, "replicas"));
    if (availableReplicas > replicas) errors.push(moreThan("availableReplicas", availableReplicas, "replicas"));
    if (availableReplicas > readyReplicas)
      errors.push(moreThan("availableReplicas", availableReplicas, "readyReplicas"));
    return errors;
  },
  warnings: (set) => podTemplateWarnings("spec.template", set.spec?.template),
});

export const replicaSetTable = table<ReplicaSet>(
  [
    nameColumn,
    column(
      "Desired",
      "integer",
      "Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    ),
    column(
      "Current",
      "integer",
      "Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    ),
    column(
      "Ready",
      "integer",
      "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
    ),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide(
      "Selector",
      "string",
      "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  (set, now) => [
    set.metadata.name,
    set.spec?.replicas ?? 0,
    set.status?.replicas ?? 0,
    set.status?.readyReplicas ?? 0,
    age(set, now),
    containerNames(set.spec?.template?.spec?.containers),
    containerImages(set.spec?.template?.spec?.containers),
    formatLabelSelector(set.spec?.selector),
  ],
);
