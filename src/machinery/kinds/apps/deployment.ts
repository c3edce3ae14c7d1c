import { fieldForbidden, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { Deployment } from "../../types/apps/v1.ts";
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
import type { FieldError } from "../types.ts";
import { checkImmutable, checkNotNegative, type Errors } from "../validation/checks.ts";
import { checkCounts, moreThan } from "./status-counts.ts";
import { checkRollingBounds, checkSelector, checkTemplate } from "./validation.ts";

export const deploymentStrategy = strategyFor<Deployment>({
  defaultObject(deployment) {
    const { spec } = deployment;
    deployment.status ??= {};
    if (spec === undefined) return;
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ||= "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(deployment) {
    deployment.status = {};
  },
  validate: validateDeployment,
  validateUpdate(deployment, old) {
    const errors: Errors = [];
    checkImmutable(errors, "spec.selector", deployment.spec?.selector, old.spec?.selector);
    return errors;
  },
  validateStatusUpdate: validateDeploymentStatus,
  warnings: (deployment) => podTemplateWarnings("spec.template", deployment.spec?.template),
});

function validateDeployment({ spec }: Deployment): FieldError[] {
  const errors: Errors = [];
  checkNotNegative(errors, "spec.replicas", spec?.replicas);
  checkSelector(errors, spec?.selector, "deployment");
  checkTemplate(errors, spec?.template, spec?.selector, "ReplicaSet");
  const { type, rollingUpdate } = spec?.strategy ?? {};
  if (type === "Recreate") {
    if (rollingUpdate !== undefined) {
      errors.push(
        fieldForbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"),
      );
    }
  } else if (type === "RollingUpdate") {
    if (rollingUpdate === undefined) {
      errors.push(required("spec.strategy.rollingUpdate", "this should be defaulted and never be nil"));
    } else {
      const path = "spec.strategy.rollingUpdate";
      checkRollingBounds(errors, path, rollingUpdate.maxUnavailable, rollingUpdate.maxSurge);
    }
  } else errors.push(notSupported("spec.strategy.type", type ?? "", ["Recreate", "RollingUpdate"]));
  checkNotNegative(errors, "spec.minReadySeconds", spec?.minReadySeconds);
  checkNotNegative(errors, "spec.revisionHistoryLimit", spec?.revisionHistoryLimit);
  const deadline = spec?.progressDeadlineSeconds;
  checkNotNegative(errors, "spec.progressDeadlineSeconds", deadline);
  if (deadline !== undefined && deadline <= (spec?.minReadySeconds ?? 0)) {
    errors.push(invalidValue("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
  }
  return errors;
}

function validateDeploymentStatus({ status }: Deployment, old: Deployment): FieldError[] {
  const errors: Errors = [];
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {};
  checkCounts(errors, { replicas, updatedReplicas, readyReplicas, availableReplicas });
  checkNotNegative(errors, "status.observedGeneration", status?.observedGeneration);
  if (updatedReplicas > replicas) errors.push(moreThan("updatedReplicas", updatedReplicas, "status.replicas"));
  if (readyReplicas > replicas) errors.push(moreThan("readyReplicas", readyReplicas, "status.replicas"));
  if (availableReplicas > replicas) errors.push(moreThan("availableReplicas", availableReplicas, "status.replicas"));
  if (availableReplicas > readyReplicas) errors.push(moreThan("availableReplicas", availableReplicas, "readyReplicas"));
  if ((status?.collisionCount ?? 0) < (old.status?.collisionCount ?? 0)) {
    errors.push(invalidValue("status.collisionCount", status?.collisionCount, "cannot be decremented"));
  }
  return errors;
}

export const deploymentTable = table<Deployment>(
  [
    nameColumn,
    column("Ready", "string", "Number of the pod with ready state"),
    column(
      "Up-to-date",
      "string",
      "Total number of non-terminating pods targeted by this deployment that have the desired template spec.",
    ),
    column(
      "Available",
      "string",
      "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.",
    ),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide(
      "Selector",
      "string",
      "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
    ),
  ],
  (deployment, now) => [
    deployment.metadata.name,
    `${deployment.status?.readyReplicas ?? 0}/${deployment.spec?.replicas ?? 0}`,
    deployment.status?.updatedReplicas ?? 0,
    deployment.status?.availableReplicas ?? 0,
    age(deployment, now),
    containerNames(deployment.spec?.template?.spec?.containers),
    containerImages(deployment.spec?.template?.spec?.containers),
    formatLabelSelector(deployment.spec?.selector),
  ],
);
