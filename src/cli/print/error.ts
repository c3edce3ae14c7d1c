import type { StatusError } from "../../machinery/status/error.ts";

/** kubectl's one line for an error of the server's: `Error from server (NotFound): pods "web" not found`. */
export function serverErrorLine(error: StatusError, doing?: string): string {
  const reason = error.reason ? ` (${error.reason})` : "";
  return `Error from server${reason}: ${doing ? `${doing}: ` : ""}${error.message}`;
}

/** As kubectl ends with a single error: an invalid object's causes are listed. */
export function errorLine(error: StatusError, doing?: string): string {
  const { details } = error.status;
  if (error.reason !== "Invalid" || !details?.causes?.length) return serverErrorLine(error, doing);
  const causes = details.causes.map(({ field, message }) => `${field}: ${message}`);
  const heading =
    details.kind || details.name ? `The ${details.kind} "${details.name}" is invalid` : "The request is invalid";
  return causes.length === 1
    ? `${heading}: ${causes[0]}`
    : `${heading}: \n${causes.map((cause) => `* ${cause}`).join("\n")}`;
}
