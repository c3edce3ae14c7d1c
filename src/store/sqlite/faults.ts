import { CompactedError, StoreError, StoreUnavailableError } from "../types.ts";
import type { Fault } from "./protocol.ts";

/** What SQLite (by its result codes, https://sqlite.org/rescode.html) and the system say, in the store's terms. */
export function faultOf(error: unknown): Fault {
  if (error instanceof StoreUnavailableError) {
    return { kind: "unavailable", reason: error.reason, message: error.message };
  }
  if (error instanceof CompactedError) return { kind: "compacted", asked: error.asked, compacted: error.compacted };
  if (error instanceof StoreError) return { kind: "store", message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return { kind: "unavailable", reason: reasonOf(code), message: code ? `${message} (${code})` : message };
}

function reasonOf(code: string): StoreUnavailableError["reason"] {
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") return "disk-full";
  if (code.startsWith("SQLITE_READONLY") || code === "EROFS" || code === "EACCES") return "read-only";
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return "corrupt";
  if (code.startsWith("SQLITE_BUSY")) return "in-use";
  return "io";
}

export function errorOf(fault: Fault): StoreError {
  switch (fault.kind) {
    case "unavailable":
      return new StoreUnavailableError(fault.reason, fault.message);
    case "compacted":
      return new CompactedError(fault.asked, fault.compacted);
    case "store":
      return new StoreError(fault.message);
  }
}
