import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What a request is known by, in the audit log and to its client: the client's own Audit-ID as it stands, or a new one. */
export function auditIdOf(headers: IncomingHttpHeaders): string {
  const given = headers["audit-id"];
  return typeof given === "string" && given !== "" ? given : randomUUID();
}
