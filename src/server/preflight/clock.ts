import { statSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./types.ts";

/** Kubernetes 1.36 did not exist before this. */
const earliestPlausible = Date.UTC(2026, 3, 1);
const toleratedSkew = 60_000;

/** A clock that is behind makes certificates invalid and leases look expired. */
export function checkClock(dataDir: string, now: number): Finding[] {
  if (now < earliestPlausible) {
    return [
      {
        level: "error",
        message: `the clock says ${new Date(now).toISOString()}, which cannot be: set it (timedatectl set-ntp true)`,
      },
    ];
  }
  const lastWrite = statSync(join(dataDir, "state.db"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (lastWrite > now + toleratedSkew) {
    const seconds = Math.round((lastWrite - now) / 1000);
    return [
      {
        level: "warning",
        message: `the clock went back: the store was written ${seconds} s from now; ages and leases will be off until then`,
      },
    ];
  }
  return [];
}
