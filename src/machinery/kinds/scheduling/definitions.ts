import { fieldForbidden } from "../../status/field-errors.ts";
import type { PriorityClass } from "../../types/scheduling/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { defineGroup } from "../define.ts";
import { strategyFor } from "../strategy-for.ts";
import type { ResourceDefinition } from "../types.ts";
import { checkImmutable, checkOptionalOneOf, type Errors } from "../validation/checks.ts";

/** Those that a cluster has from its start. */
const systemClasses = new Set(["system-node-critical", "system-cluster-critical"]);
const highestUserPriority = 1_000_000_000;

const priorityClassStrategy = strategyFor<PriorityClass>({
  validate(priorityClass) {
    const errors: Errors = [];
    const name = priorityClass.metadata.name ?? "";
    if (name.startsWith("system-") && !systemClasses.has(name)) {
      errors.push(
        fieldForbidden("metadata.name", "priority class names with 'system-' prefix are reserved for system use only"),
      );
    } else if (!systemClasses.has(name) && (priorityClass.value ?? 0) > highestUserPriority) {
      errors.push(
        fieldForbidden("value", `maximum allowed value of a user defined priority is ${highestUserPriority}`),
      );
    }
    checkOptionalOneOf(errors, "preemptionPolicy", priorityClass.preemptionPolicy, ["Never", "PreemptLowerPriority"]);
    return errors;
  },
  validateUpdate(priorityClass, old) {
    const errors: Errors = [];
    if ((priorityClass.value ?? 0) !== (old.value ?? 0)) {
      errors.push(fieldForbidden("value", "may not be changed in an update."));
    }
    checkImmutable(errors, "preemptionPolicy", priorityClass.preemptionPolicy, old.preemptionPolicy);
    return errors;
  },
  defaultObject(priorityClass) {
    priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
  },
  // A class is made with generation 1, which nothing raises.
  hasGeneration: true,
});

const priorityClassTable = table<PriorityClass>(
  [
    nameColumn,
    column(
      "Value",
      "integer",
      "value represents the integer value of this priority class. This is the actual priority that pods receive when they have the name of this class in their pod spec.",
    ),
    column(
      "Global-Default",
      "boolean",
      "globalDefault specifies whether this PriorityClass should be considered as the default priority for pods that do not have any priority class. Only one PriorityClass can be marked as `globalDefault`. However, if more than one PriorityClasses exists with their `globalDefault` field set to true, the smallest value of such global default PriorityClasses will be used as the default priority.",
    ),
    ageColumn,
    column(
      "PreemptionPolicy",
      "string",
      "preemptionPolicy is the Policy for preempting pods with lower priority. One of Never, PreemptLowerPriority. Defaults to PreemptLowerPriority if unset.",
    ),
  ],
  (priorityClass, now) => [
    priorityClass.metadata.name,
    priorityClass.value ?? 0,
    priorityClass.globalDefault ?? false,
    age(priorityClass, now),
    priorityClass.preemptionPolicy ?? "",
  ],
);

export const schedulingDefinitions: readonly ResourceDefinition[] = defineGroup(
  "scheduling.k8s.io",
  "k8s.io/api/scheduling",
  [
    {
      kind: "PriorityClass",
      plural: "priorityclasses",
      shortNames: ["pc"],
      scope: "Cluster",
      strategy: priorityClassStrategy,
      table: priorityClassTable,
    },
  ],
);
