import type { Job, JobSpec } from "../../types/batch/v1.ts";
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
import { ageSince, humanDuration } from "../human-duration.ts";
import { formatLabelSelector } from "../labels-format.ts";
import { strategyFor } from "../strategy-for.ts";
import { checkNoStatusRegression, validateJob, validateJobUpdate } from "./job-validation.ts";

export const jobStrategy = strategyFor<Job>({
  defaultPropagation: "orphan",
  defaultObject(job) {
    job.status ??= {};
    if (job.spec) defaultJobSpec(job.spec, job.metadata, job.spec.template?.metadata?.labels);
  },
  prepareForCreate(job) {
    job.status = {};
    generateSelector(job);
    // Kubernetes defaults the labels of what it reads back from storage, so that a Job has had its template's from the start.
    defaultLabels(job.metadata, job.spec?.template?.metadata?.labels);
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: checkNoStatusRegression,
  warnings: (job) => podTemplateWarnings("spec.template", job.spec?.template),
});

function defaultLabels(metadata: Job["metadata"], templateLabels: Readonly<Record<string, string>> | undefined): void {
  if (templateLabels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...templateLabels };
}

/** SetDefaults_Job. A CronJob's template gets the defaults of its pods alone. */
function defaultJobSpec(
  spec: JobSpec,
  metadata: Job["metadata"],
  templateLabels: Readonly<Record<string, string>> | undefined,
): void {
  defaultLabels(metadata, templateLabels);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  spec.manualSelector ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= "True";
  }
  defaultPodTemplate(spec.template);
}

/**
 * Unless the user selects by hand, a job's pods are marked with its uid. The uid is there because the pipeline sets the
 * system's own metadata before it prepares an object.
 */
function generateSelector(job: Job): void {
  const { spec, metadata } = job;
  if (spec === undefined || spec.manualSelector || !metadata.uid) return;
  spec.template.metadata ??= {};
  spec.template.metadata.labels ??= {};
  const { labels } = spec.template.metadata;
  const name = metadata.name ?? "";
  labels["controller-uid"] ??= metadata.uid;
  labels["batch.kubernetes.io/controller-uid"] ??= metadata.uid;
  labels["job-name"] ??= name;
  labels["batch.kubernetes.io/job-name"] ??= name;
  spec.selector ??= {};
  spec.selector.matchLabels ??= {};
  spec.selector.matchLabels["batch.kubernetes.io/controller-uid"] ??= metadata.uid;
}

export const jobTable = table<Job>(
  [
    nameColumn,
    column("Status", "string", "Status of the job."),
    column(
      "Completions",
      "string",
      "Specifies the desired number of successfully finished pods the job should be run with.  Setting to null means that the success of any pod signals the success of all pods, and allows parallelism to have any positive value.  Setting to 1 means that parallelism is limited to 1 and the success of that pod signals the success of the job. More info: https://kubernetes.io/docs/concepts/workloads/controllers/jobs-run-to-completion/",
    ),
    column("Duration", "string", "Time required to complete the job."),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide(
      "Selector",
      "string",
      "A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  (job, now) => [
    job.metadata.name,
    jobStatus(job),
    completions(job),
    duration(job, now),
    age(job, now),
    containerNames(job.spec?.template?.spec?.containers),
    containerImages(job.spec?.template?.spec?.containers),
    formatLabelSelector(job.spec?.selector),
  ],
);

/** "Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet", "Terminating" or "Running". */
function jobStatus(job: Job): string {
  const has = (type: string) =>
    job.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (has("Suspended")) return "Suspended";
  if (has("FailureTarget")) return "FailureTarget";
  if (has("SuccessCriteriaMet")) return "SuccessCriteriaMet";
  return "Running";
}

function completions(job: Job): string {
  const succeeded = job.status?.succeeded ?? 0;
  if (job.spec?.completions !== undefined) return `${succeeded}/${job.spec.completions}`;
  const parallelism = job.spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration(job: Job, now: number): string {
  const { startTime, completionTime } = job.status ?? {};
  if (!startTime) return "";
  return completionTime ? humanDuration(Date.parse(completionTime) - Date.parse(startTime)) : ageSince(startTime, now);
}
