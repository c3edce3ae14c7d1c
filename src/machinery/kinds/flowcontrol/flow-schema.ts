import type { FlowSchema } from "../../types/flowcontrol/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { validateFlowSchema } from "./flow-schema-validation.ts";

export const flowSchemaStrategy = strategyFor<FlowSchema>({
  defaultObject({ spec }) {
    if (spec) spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate(schema) {
    schema.status = {};
  },
  validate: validateFlowSchema,
});

export const flowSchemaTable = table<FlowSchema>(
  [
    nameColumn,
    column(
      "PriorityLevel",
      "string",
      "`priorityLevelConfiguration` should reference a PriorityLevelConfiguration in the cluster. If the reference cannot be resolved, the FlowSchema will be ignored and marked as invalid in its status. Required.",
    ),
    column(
      "MatchingPrecedence",
      "string",
      "`matchingPrecedence` is used to choose among the FlowSchemas that match a given request. The chosen FlowSchema is among those with the numerically lowest (which we take to be logically highest) MatchingPrecedence.  Each MatchingPrecedence value must be ranged in [1,10000]. Note that if the precedence is not specified, it will be set to 1000 as default.",
    ),
    column(
      "DistinguisherMethod",
      "string",
      "`distinguisherMethod` defines how to compute the flow distinguisher for requests that match this schema. `nil` specifies that the distinguisher is disabled and thus will always be the empty string.",
    ),
    ageColumn,
    column("MissingPL", "string", "references a broken or non-existent PriorityLevelConfiguration"),
  ],
  (schema, now) => {
    const dangling = schema.status?.conditions?.find((condition) => condition.type === "Dangling")?.status;
    return [
      schema.metadata.name,
      schema.spec?.priorityLevelConfiguration?.name ?? "",
      schema.spec?.matchingPrecedence ?? 0,
      schema.spec?.distinguisherMethod?.type ?? "<none>",
      age(schema, now),
      dangling ?? "?",
    ];
  },
);
