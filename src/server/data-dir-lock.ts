/**
 * One `kl` per data dir. The lock is an exclusive lock of the operating system on DIR/lock, taken through SQLite because
 * Node has no call for it: it vanishes with the process, even after SIGKILL, so that no stale lock can keep a start away.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

export interface DataDirLock {
  release(): void;
}

/** Undefined when another process holds it; `holder` of `lockHolder()` then says which. */
export function lockDataDir(directory: string): DataDirLock | undefined {
  const database = new Database(join(directory, "lock"), { timeout: 0 });
  try {
    database.pragma("journal_mode = MEMORY");
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") return undefined;
    throw error;
  }
  writeFileSync(join(directory, "pid"), `${process.pid}\n`);
  return { release: () => database.close() };
}

/** The process that wrote its number last: good enough for an error message, never for a decision. */
export function lockHolder(directory: string): string {
  try {
    return `process ${readFileSync(join(directory, "pid"), "utf8").trim()}`;
  } catch {
    return "another process";
  }
}
