import { defineGroup } from "../define.ts";
import { selectable } from "../selectable.ts";
import type { ResourceDefinition } from "../types.ts";
import { cronJobStrategy, cronJobTable } from "./cron-job.ts";
import { jobStrategy, jobTable } from "./job.ts";

export const batchDefinitions: readonly ResourceDefinition[] = defineGroup("batch", "k8s.io/api/batch", [
  {
    kind: "CronJob",
    plural: "cronjobs",
    shortNames: ["cj"],
    categories: ["all"],
    status: true,
    strategy: cronJobStrategy,
    table: cronJobTable,
  },
  {
    kind: "Job",
    plural: "jobs",
    categories: ["all"],
    status: true,
    strategy: jobStrategy,
    table: jobTable,
    selectableFields: selectable(["status.successful"], { "status.successful": "0" }),
  },
]);
