import { invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type { DaemonSet } from "../../types/apps/v1.ts";
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
import { formatLabelSelector, formatLabels } from "../labels-format.ts";
import { strategyFor } from "../strategy-for.ts";
import type { FieldError } from "../types.ts";
import { checkImmutable, checkIntOrPercent, checkNotNegative, type Errors } from "../validation/checks.ts";
import { scaledValue } from "./int-or-percent.ts";
import { checkNotOverAll, checkSelector, checkTemplate } from "./validation.ts";

export const daemonSetStrategy = strategyFor<DaemonSet>({
  defaultObject(set) {
    const { spec } = set;
    if (spec === undefined) return;
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
    set.status ??= emptyStatus();
  },
  prepareForCreate(set) {
    set.status = emptyStatus();
  },
  validate: validateDaemonSet,
  validateUpdate(set, old) {
    const errors: Errors = [];
    checkImmutable(errors, "spec.selector", set.spec?.selector, old.spec?.selector);
    return errors;
  },
  warnings: (set) => podTemplateWarnings("spec.template", set.spec?.template),
});

function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  const errors: Errors = [];
  checkSelector(errors, spec?.selector, "daemonset");
  checkTemplate(errors, spec?.template, spec?.selector, "DaemonSet");
  checkNotNegative(errors, "spec.minReadySeconds", spec?.minReadySeconds);
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  if (type === "RollingUpdate") {
    const path = "spec.updateStrategy.rollingUpdate";
    if (rollingUpdate === undefined) errors.push(required(path));
    else {
      const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
      checkIntOrPercent(errors, `${path}.maxUnavailable`, maxUnavailable);
      checkNotOverAll(errors, `${path}.maxUnavailable`, maxUnavailable);
      checkIntOrPercent(errors, `${path}.maxSurge`, maxSurge);
      checkNotOverAll(errors, `${path}.maxSurge`, maxSurge);
      const surges = scaledValue(maxSurge, 1, true) !== 0;
      const takesAway = scaledValue(maxUnavailable, 1, true) !== 0;
      if (surges && takesAway) {
        errors.push(invalidValue(`${path}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
      }
      if (!surges && !takesAway) {
        errors.push(required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
      }
    }
  } else if (type !== "OnDelete") {
    errors.push(notSupported("spec.updateStrategy", type ?? "", ["RollingUpdate", "OnDelete"]));
  }
  checkNotNegative(errors, "spec.revisionHistoryLimit", spec?.revisionHistoryLimit);
  return errors;
}

function emptyStatus(): NonNullable<DaemonSet["status"]> {
  return { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
}

export const daemonSetTable = table<DaemonSet>(
  [
    nameColumn,
    column(
      "Desired",
      "integer",
      "The total number of nodes that should be running the daemon pod (including nodes correctly running the daemon pod). More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
    ),
    column(
      "Current",
      "integer",
      "The number of nodes that are running at least 1 daemon pod and are supposed to run the daemon pod. More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
    ),
    column(
      "Ready",
      "integer",
      "numberReady is the number of nodes that should be running the daemon pod and have one or more of the daemon pod running with a Ready Condition.",
    ),
    column("Up-to-date", "integer", "The total number of nodes that are running updated daemon pod"),
    column(
      "Available",
      "integer",
      "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available (ready for at least spec.minReadySeconds)",
    ),
    column(
      "Node Selector",
      "string",
      "NodeSelector is a selector which must be true for the pod to fit on a node. Selector which must match a node's labels for the pod to be scheduled on that node. More info: https://kubernetes.io/docs/concepts/configuration/assign-pod-node/",
    ),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide(
      "Selector",
      "string",
      "A label query over pods that are managed by the daemon set. Must match in order to be controlled. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  (set, now) => [
    set.metadata.name,
    set.status?.desiredNumberScheduled ?? 0,
    set.status?.currentNumberScheduled ?? 0,
    set.status?.numberReady ?? 0,
    set.status?.updatedNumberScheduled ?? 0,
    set.status?.numberAvailable ?? 0,
    formatLabels(set.spec?.template?.spec?.nodeSelector),
    age(set, now),
    containerNames(set.spec?.template?.spec?.containers),
    containerImages(set.spec?.template?.spec?.containers),
    formatLabelSelector(set.spec?.selector),
  ],
);
