import type { CronJob } from "../../types/batch/v1.ts";
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
import { ageSince } from "../human-duration.ts";
import { formatLabelSelector } from "../labels-format.ts";
import { strategyFor } from "../strategy-for.ts";
import { validateCronJob } from "./cron-job-validation.ts";

export const cronJobStrategy = strategyFor<CronJob>({
  defaultObject(cronJob) {
    const { spec } = cronJob;
    cronJob.status ??= {};
    if (spec === undefined) return;
    spec.concurrencyPolicy ||= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    if (spec.jobTemplate) {
      spec.jobTemplate.metadata ??= {};
      defaultPodTemplate(spec.jobTemplate.spec?.template);
    }
  },
  prepareForCreate(cronJob) {
    cronJob.status = {};
  },
  validate: validateCronJob,
  warnings: (cronJob) =>
    podTemplateWarnings("spec.jobTemplate.spec.template", cronJob.spec?.jobTemplate?.spec?.template),
});

export const cronJobTable = table<CronJob>(
  [
    nameColumn,
    column("Schedule", "string", "The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron."),
    column(
      "Timezone",
      "string",
      "The time zone name for the given schedule, see https://en.wikipedia.org/wiki/List_of_tz_database_time_zones. If not specified, this will default to the time zone of the kube-controller-manager process. The set of valid time zone names and the time zone offset is loaded from the system-wide time zone database by the API server during CronJob validation and the controller manager during execution. If no system-wide time zone database can be found a bundled version of the database is used instead. If the time zone name becomes invalid during the lifetime of a CronJob or due to a change in host configuration, the controller will stop creating new new Jobs and will create a system event with the reason UnknownTimeZone. More information can be found in https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones",
    ),
    column(
      "Suspend",
      "boolean",
      "This flag tells the controller to suspend subsequent executions, it does not apply to already started executions.  Defaults to false.",
    ),
    column("Active", "integer", "A list of pointers to currently running jobs."),
    column("Last Schedule", "string", "Information when was the last time the job was successfully scheduled."),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide(
      "Selector",
      "string",
      "A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  (cronJob, now) => {
    const pods = cronJob.spec?.jobTemplate?.spec?.template?.spec?.containers;
    return [
      cronJob.metadata.name,
      cronJob.spec?.schedule ?? "",
      cronJob.spec?.timeZone ?? "<none>",
      cronJob.spec?.suspend === true ? "True" : "False",
      cronJob.status?.active?.length ?? 0,
      cronJob.status?.lastScheduleTime ? ageSince(cronJob.status.lastScheduleTime, now) : "<none>",
      age(cronJob, now),
      containerNames(pods),
      containerImages(pods),
      formatLabelSelector(cronJob.spec?.jobTemplate?.spec?.selector),
    ];
  },
);
