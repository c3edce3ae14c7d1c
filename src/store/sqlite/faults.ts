import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
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
  const code = codeOf(error);
  return { kind: "unavailable", reason: reasonOf(code), message: code ? `${message} (${code})` : message };
}

function reasonOf(code: string): StoreUnavailableError["reason"] {
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") return "disk-full";
  if (code.startsWith("SQLITE_READONLY") || code === "EROFS" || code === "EACCES") return "read-only";
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return "corrupt";
  if (code.startsWith("SQLITE_BUSY")) return "in-use";
  return "io";
}

/** Throws the system's EROFS, EACCES or ENOENT where SQLite would say something vague, and later. */
export function checkWritable(file: string): void {
  accessSync(dirname(file), constants.W_OK);
  try {
    accessSync(file, constants.W_OK);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** What keeps a database from being opened, with the name of its file. */
export function openingError(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  if (code.startsWith("SQLITE_BUSY"))
    return new StoreUnavailableError("in-use", `${file} is in use by another process`);
  const message = error instanceof Error ? error.message : String(error);
  return new StoreUnavailableError(reasonOf(code), `cannot open ${file}: ${message}`, { cause: error });
}

/** SQLite calls it an I/O error when a file system turns read-only under it; the system knows better. */
export function writingError(error: unknown, file: string): unknown {
  if (file === ":memory:" || !codeOf(error).startsWith("SQLITE_IOERR")) return error;
  try {
    checkWritable(file);
    return error;
  } catch (cause) {
    return openingError(cause, file);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
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
