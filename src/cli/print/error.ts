import type { StatusError } from "../../machinery/status/error.ts";

/** kubectl's one line for an error of the server's: `Error from server (NotFound): pods "web" not found`. */
export function serverErrorLine(error: StatusError, doing?: string): string {
  const reason = error.reason ? ` (${error.reason})` : "";
  return `Error from server${reason}: ${doing ? `${doing}: ` : ""}${error.message}`;
}
