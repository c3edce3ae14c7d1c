/** DIR/pid names the running server, for messages and for `kill`. What keeps a second one away is the store's own lock. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function writePidFile(directory: string): void {
  writeFileSync(join(directory, "pid"), `${process.pid}\n`);
}

export function removePidFile(directory: string): void {
  rmSync(join(directory, "pid"), { force: true });
}

/** The process that DIR/pid names, if it is there and another one than this. */
export function livingHolder(directory: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(join(directory, "pid"), "utf8"));
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  return isKl(pid) ? pid : undefined;
}

/** After a reboot the number may be that of anything. */
function isKl(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes("agent");
  } catch {
    return process.platform !== "linux";
  }
}

/** "process 123", or "another process" where nothing is written. */
export function describeHolder(directory: string): string {
  try {
    return `process ${readFileSync(join(directory, "pid"), "utf8").trim()}`;
  } catch {
    return "another process";
  }
}
