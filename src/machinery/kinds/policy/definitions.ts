import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { podDisruptionBudgetStrategy, podDisruptionBudgetTable } from "./pod-disruption-budget.ts";

export const policyDefinitions: readonly ResourceDefinition[] = defineGroup("policy", "k8s.io/api/policy", [
  {
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    shortNames: ["pdb"],
    status: true,
    strategy: podDisruptionBudgetStrategy,
    table: podDisruptionBudgetTable,
  },
]);
