import { invalidValue } from "../../status/field-errors.ts";
import type { PodDisruptionBudget } from "../../types/policy/v1.ts";
import { checkNotOverAll } from "../apps/validation.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { checkIntOrPercent, checkOptionalOneOf, type Errors } from "../validation/checks.ts";
import { checkLabelSelector } from "../validation/labels.ts";

export const podDisruptionBudgetStrategy = strategyFor<PodDisruptionBudget>({
  allowUnconditionalUpdate: false,
  validate({ spec }) {
    const errors: Errors = [];
    if (spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
      errors.push(invalidValue("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
    }
    for (const field of ["minAvailable", "maxUnavailable"] as const) {
      checkIntOrPercent(errors, `spec.${field}`, spec?.[field]);
      checkNotOverAll(errors, `spec.${field}`, spec?.[field]);
    }
    checkLabelSelector(errors, "spec.selector", spec?.selector);
    checkOptionalOneOf(errors, "spec.unhealthyPodEvictionPolicy", spec?.unhealthyPodEvictionPolicy, [
      "AlwaysAllow",
      "IfHealthyBudget",
    ]);
    return errors;
  },
  prepareForCreate(budget) {
    budget.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
});

export const podDisruptionBudgetTable = table<PodDisruptionBudget>(
  [
    nameColumn,
    column("Min Available", "string", "The minimum number of pods that must be available."),
    column("Max Unavailable", "string", "The maximum number of pods that may be unavailable."),
    column("Allowed Disruptions", "integer", "Calculated number of pods that may be disrupted at this time."),
    ageColumn,
  ],
  (budget, now) => [
    budget.metadata.name,
    String(budget.spec?.minAvailable ?? "N/A"),
    String(budget.spec?.maxUnavailable ?? "N/A"),
    budget.status?.disruptionsAllowed ?? 0,
    age(budget, now),
  ],
);
