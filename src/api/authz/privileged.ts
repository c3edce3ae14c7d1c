import type { UserInfo } from "../client/types.ts";

/** system:masters pass every check. */
export function isPrivileged({ groups }: UserInfo): boolean {
  return groups.includes("system:masters");
}
