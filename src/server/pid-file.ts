/** DIR/pid names the running server, for messages and for `kill`. What keeps a second one away is the store's own lock. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function writePidFile(directory: string): void {
  writeFileSync(join(directory, "pid"), `${process.pid}\n`);
}

export function removePidFile(directory: string): void {
  rmSync(join(directory, "pid"), { force: true });
}

/** "process 123", or "another process" where nothing is written. */
export function describeHolder(directory: string): string {
  try {
    return `process ${readFileSync(join(directory, "pid"), "utf8").trim()}`;
  } catch {
    return "another process";
  }
}
