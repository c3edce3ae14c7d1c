/**
 * Tests that need several hosts on this machine, hence root, network namespaces and a dockerd to start: skipped out loud where
 * they cannot be; with KL_REQUIRE=hosts (a comma-separated list) they run nevertheless, and fail.
 */
import { execFileSync } from "node:child_process";
import { describe } from "vitest";

const required = (process.env.KL_REQUIRE ?? "").split(",").includes("hosts");

function works(): boolean {
  try {
    const probe = "command -v dockerd && command -v ip && command -v nft && command -v busybox";
    execFileSync("unshare", ["--net", "--mount", "--uts", "--pid", "--fork", "sh", "-c", probe], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** As vitest's describe, for suites that need hosts. */
export function describeHosts(name: string, suite: () => void): void {
  const possible = works();
  if (!possible && !required) console.warn(`SKIPPED, no hosts can be made here (root, dockerd, ip, nft?): ${name}`);
  describe.runIf(possible || required)(name, suite);
}
