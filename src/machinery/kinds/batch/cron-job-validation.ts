import { invalidValue, required } from "../../status/field-errors.ts";
import type { CronJob } from "../../types/batch/v1.ts";
import type { FieldError } from "../types.ts";
import { checkNotNegative, checkOneOf, type Errors } from "../validation/checks.ts";
import { checkJobSpec } from "./job-validation.ts";
import { isSchedule } from "./schedule.ts";

/** The names of its jobs are the CronJob's and eleven characters more. */
const maxName = 52;

export function validateCronJob(cronJob: CronJob): FieldError[] {
  const errors: Errors = [];
  const { spec, metadata } = cronJob;
  if ((metadata.name ?? "").length > maxName) {
    errors.push(invalidValue("metadata.name", metadata.name, "must be no more than 52 characters"));
  }
  if (!spec?.schedule) errors.push(required("spec.schedule"));
  else {
    const reason = isSchedule(spec.schedule);
    if (reason !== undefined) errors.push(invalidValue("spec.schedule", spec.schedule, reason));
    if (spec.schedule.includes("TZ")) {
      errors.push(
        invalidValue(
          "spec.schedule",
          spec.schedule,
          "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
        ),
      );
    }
  }
  if (spec === undefined) return errors;
  checkNotNegative(errors, "spec.startingDeadlineSeconds", spec.startingDeadlineSeconds);
  checkOneOf(errors, "spec.concurrencyPolicy", spec.concurrencyPolicy, ["Allow", "Forbid", "Replace"]);
  if (spec.timeZone !== undefined) checkTimeZone(errors, spec.timeZone);
  checkNotNegative(errors, "spec.successfulJobsHistoryLimit", spec.successfulJobsHistoryLimit);
  checkNotNegative(errors, "spec.failedJobsHistoryLimit", spec.failedJobsHistoryLimit);
  const job = spec.jobTemplate?.spec;
  if (job !== undefined) {
    checkJobSpec(errors, "spec.jobTemplate.spec", job);
    if (job.manualSelector) {
      errors.push({
        type: "FieldValueNotSupported",
        field: "spec.jobTemplate.spec.manualSelector",
        message: 'Unsupported value: true: supported values: "nil", "false"',
      });
    }
  } else checkJobSpec(errors, "spec.jobTemplate.spec", { template: { metadata: {} } });
  return errors;
}

function checkTimeZone(errors: Errors, zone: string): void {
  if (zone === "") {
    errors.push(invalidValue("spec.timeZone", zone, "timeZone must be nil or non-empty string"));
    return;
  }
  if (zone.toLowerCase() === "local") {
    errors.push(
      invalidValue(
        "spec.timeZone",
        zone,
        "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
      ),
    );
    return;
  }
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    errors.push(invalidValue("spec.timeZone", zone, `unknown time zone ${zone}`));
  }
}
