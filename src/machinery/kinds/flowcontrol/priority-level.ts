import type { PriorityLevelConfiguration } from "../../types/flowcontrol/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { validatePriorityLevel } from "./priority-level-validation.ts";

export const priorityLevelStrategy = strategyFor<PriorityLevelConfiguration>({
  defaultObject({ spec }) {
    if (spec?.exempt) {
      spec.exempt.nominalConcurrencyShares ??= 0;
      spec.exempt.lendablePercent ??= 0;
    }
    if (spec?.limited) {
      spec.limited.nominalConcurrencyShares ??= 30;
      spec.limited.lendablePercent ??= 0;
      const queuing = spec.limited.limitResponse?.queuing;
      if (queuing) {
        queuing.queues ||= 64;
        queuing.handSize ||= 8;
        queuing.queueLengthLimit ||= 50;
      }
    }
  },
  prepareForCreate(level) {
    level.status = {};
  },
  validate: validatePriorityLevel,
});

export const priorityLevelTable = table<PriorityLevelConfiguration>(
  [
    nameColumn,
    column(
      "Type",
      "string",
      "`type` indicates whether this priority level is subject to limitation on request execution.",
    ),
    column(
      "NominalConcurrencyShares",
      "string",
      "`nominalConcurrencyShares` (NCS) contributes to the computation of the NominalConcurrencyLimit (NominalCL) of this level.",
    ),
    column("Queues", "string", "`queues` is the number of queues for this priority level."),
    column(
      "HandSize",
      "string",
      "`handSize` is a small positive number that configures the shuffle sharding of requests into queues.",
    ),
    column(
      "QueueLengthLimit",
      "string",
      "`queueLengthLimit` is the maximum number of requests allowed to be waiting in a given queue of this priority level at a time.",
    ),
    ageColumn,
  ],
  (level, now) => {
    const { spec } = level;
    const queuing = spec?.limited?.limitResponse?.queuing;
    return [
      level.metadata.name,
      spec?.type ?? "",
      spec?.limited?.nominalConcurrencyShares ?? spec?.exempt?.nominalConcurrencyShares ?? "<none>",
      queuing?.queues ?? "<none>",
      queuing?.handSize ?? "<none>",
      queuing?.queueLengthLimit ?? "<none>",
      age(level, now),
    ];
  },
);
