import type { Scale } from "../../types/autoscaling/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";

/** What kubectl get --subresource=scale prints. */
export const scaleTable = table<Scale>(
  [
    nameColumn,
    column("Desired", "integer", "Number of desired instances for the scaled object."),
    column("Available", "integer", "Number of observed instances of the scaled object."),
    ageColumn,
  ],
  (scale, now) => [scale.metadata.name, scale.spec?.replicas ?? 0, scale.status?.replicas ?? 0, age(scale, now)],
);
