import { StatusError } from "../machinery/status/error.ts";

/**
 * The API server refuses with this cause whatever is created in a namespace that is being deleted. Controllers stay
 * silent then: what they would make it for goes as well.
 */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    error.status.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating") === true
  );
}
