import type { PriorityClass } from "../../types/scheduling/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { defineGroup } from "../define.ts";
import { strategyFor } from "../strategy-for.ts";
import type { ResourceDefinition } from "../types.ts";

const priorityClassStrategy = strategyFor<PriorityClass>({
  allowCreateOnUpdate: false,
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
    priorityClass.value,
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
