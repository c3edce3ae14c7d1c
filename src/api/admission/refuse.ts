import type { StatusError } from "../../machinery/status/error.ts";
import { forbidden } from "../../machinery/status/errors.ts";
import type { AdmissionRequest } from "./types.ts";

/** `pods "web-" is forbidden: <why>`: a name that is not yet made is told by what it will begin with. */
export function refuse(request: AdmissionRequest, why: string): StatusError {
  return forbidden(request.resource, nameOf(request), why);
}

/** As k8s.io/apiserver/pkg/admission.NewForbidden finds the name. */
export function nameOf({ name, object }: AdmissionRequest): string {
  if (name !== "") return name;
  const { name: given, generateName } = object?.metadata ?? {};
  return given || generateName || "Unknown";
}

/** Go's text of several errors at once. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? `${distinct[0]}` : `[${distinct.join(", ")}]`;
}
