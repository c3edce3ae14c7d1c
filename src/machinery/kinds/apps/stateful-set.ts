import { fieldForbidden, invalidValue, required } from "../../status/field-errors.ts";
import type { StatefulSet } from "../../types/apps/v1.ts";
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
} from "../columns.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { defaultClaimSpec } from "../core/pod/volume-defaults.ts";
import { podTemplateWarnings } from "../core/pod/warnings.ts";
import { strategyFor } from "../strategy-for.ts";
import type { FieldError } from "../types.ts";
import { checkIntOrPercent, checkNotNegative, checkOneOf, type Errors } from "../validation/checks.ts";
import { sameJson } from "../validation/same-json.ts";
import { checkNotOverAll, checkSelector, checkTemplate } from "./validation.ts";

export const statefulSetStrategy = strategyFor<StatefulSet>({
  defaultObject(set) {
    const { spec } = set;
    set.status ??= emptyStatus();
    set.status.replicas ??= 0;
    set.status.availableReplicas ??= 0;
    if (spec === undefined) return;
    spec.podManagementPolicy ||= "OrderedReady";
    spec.updateStrategy ??= {};
    if (!spec.updateStrategy.type) {
      spec.updateStrategy.type = "RollingUpdate";
      spec.updateStrategy.rollingUpdate ??= {};
    }
    if (spec.updateStrategy.rollingUpdate) spec.updateStrategy.rollingUpdate.partition ??= 0;
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ||= "v1";
      claim.kind ||= "PersistentVolumeClaim";
      defaultClaimSpec(claim.spec);
      claim.status ??= {};
      claim.status.phase ||= "Pending";
    }
  },
  prepareForCreate(set) {
    set.status = emptyStatus();
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  warnings: (set) => podTemplateWarnings("spec.template", set.spec?.template),
});

const retentions = ["Delete", "Retain"];

function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  const errors: Errors = [];
  if (!spec?.podManagementPolicy) errors.push(required("spec.podManagementPolicy"));
  else if (spec.podManagementPolicy !== "OrderedReady" && spec.podManagementPolicy !== "Parallel") {
    errors.push(
      invalidValue("spec.podManagementPolicy", spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"),
    );
  }
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  if (!type) errors.push(required("spec.updateStrategy"));
  else if (type === "OnDelete") {
    if (rollingUpdate !== undefined) {
      errors.push(
        invalidValue(
          "spec.updateStrategy.rollingUpdate",
          rollingUpdate,
          "only allowed for updateStrategy 'RollingUpdate'",
        ),
      );
    }
  } else if (type === "RollingUpdate") {
    const path = "spec.updateStrategy.rollingUpdate";
    checkNotNegative(errors, `${path}.partition`, rollingUpdate?.partition);
    const { maxUnavailable } = rollingUpdate ?? {};
    checkIntOrPercent(errors, `${path}.maxUnavailable`, maxUnavailable);
    checkNotOverAll(errors, `${path}.maxUnavailable`, maxUnavailable);
    if (maxUnavailable === 0 || maxUnavailable === "0%") {
      errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, "cannot be 0"));
    }
  } else {
    errors.push(invalidValue("spec.updateStrategy", spec?.updateStrategy, "must be 'RollingUpdate' or 'OnDelete'"));
  }
  const retention = spec?.persistentVolumeClaimRetentionPolicy;
  if (retention) {
    checkOneOf(errors, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", retention.whenDeleted, retentions);
    checkOneOf(errors, "spec.persistentVolumeClaimRetentionPolicy.whenScaled", retention.whenScaled, retentions);
  }
  checkNotNegative(errors, "spec.replicas", spec?.replicas);
  checkNotNegative(errors, "spec.minReadySeconds", spec?.minReadySeconds);
  checkNotNegative(errors, "spec.ordinals.start", spec?.ordinals?.start);
  checkNotNegative(errors, "spec.revisionHistoryLimit", spec?.revisionHistoryLimit);
  checkSelector(errors, spec?.selector, "statefulset");
  checkTemplate(errors, spec?.template, spec?.selector, "StatefulSet");
  return errors;
}

const mutable = new Set([
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
]);

function validateStatefulSetUpdate(set: StatefulSet, old: StatefulSet): FieldError[] {
  const rest = (spec: StatefulSet["spec"]) =>
    Object.fromEntries(Object.entries(spec ?? {}).filter(([field]) => !mutable.has(field)));
  if (sameJson(rest(set.spec), rest(old.spec))) return [];
  return [
    fieldForbidden(
      "spec",
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
  ];
}

function emptyStatus(): NonNullable<StatefulSet["status"]> {
  return { replicas: 0, availableReplicas: 0 };
}

export const statefulSetTable = table<StatefulSet>(
  [
    nameColumn,
    column("Ready", "string", "Number of the pod with ready state"),
    ageColumn,
    containersColumn,
    imagesColumn,
  ],
  (set, now) => [
    set.metadata.name,
    `${set.status?.readyReplicas ?? 0}/${set.spec?.replicas ?? 0}`,
    age(set, now),
    containerNames(set.spec?.template?.spec?.containers),
    containerImages(set.spec?.template?.spec?.containers),
  ],
);
