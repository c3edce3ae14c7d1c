import { qualifiedNameRule } from "../../meta/names.ts";
import { invalidValue, required } from "../../status/field-errors.ts";
import type { Event } from "../../types/core/v1.ts";
import type { FieldError } from "../types.ts";
import { checkOneOf, checkRule, type Errors } from "../validation/checks.ts";

/** Events of the core group: what they are about must be where they are. */
export function validateCoreEvent(event: Event): FieldError[] {
  const errors: Errors = [];
  checkNamespace(errors, "involvedObject.namespace", event.involvedObject?.namespace, event.metadata.namespace);
  return errors;
}

/** A cluster-scoped object's events are in "default", or in kube-system. */
function checkNamespace(errors: Errors, path: string, about: string | undefined, own: string | undefined): void {
  const fits = about ? about === own : own === "default" || own === "kube-system";
  if (!fits) errors.push(invalidValue(path, about ?? "", "does not match event.namespace"));
}

const maxBytes = { reportingInstance: 128, action: 128, reason: 128, note: 1024 } as const;

/** The stricter rules of events.k8s.io, on the core form of the event. */
export function validateNewEvent(event: Event): FieldError[] {
  const errors: Errors = [];
  checkNamespace(errors, "regarding.namespace", event.involvedObject?.namespace, event.metadata.namespace);
  if (!event.eventTime) errors.push(required("eventTime"));
  if (!event.reportingComponent) errors.push(required("reportingController"));
  else checkRule(errors, "reportingController", event.reportingComponent, qualifiedNameRule);
  checkText(errors, "reportingInstance", event.reportingInstance, true);
  checkText(errors, "action", event.action, true);
  checkText(errors, "reason", event.reason, true);
  checkText(errors, "note", event.message, false);
  checkOneOf(errors, "type", event.type, ["Normal", "Warning"]);
  return errors;
}

function checkText(errors: Errors, field: keyof typeof maxBytes, text: string | undefined, needed: boolean): void {
  const max = maxBytes[field];
  if (!text) {
    if (needed) errors.push(required(field));
  } else if (Buffer.byteLength(text) > max) {
    const size = max === 1024 ? "1kB" : String(max);
    errors.push(invalidValue(field, "", `can have at most ${size} characters`));
  }
}
