/**
 * Tests that need network namespaces and nft, hence root: skipped out loud where they cannot be; with KL_REQUIRE=network
 * (a comma-separated list) they run nevertheless, and fail.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { describe } from "vitest";

const required = (process.env.KL_REQUIRE ?? "").split(",").includes("network");

function works(): boolean {
  const name = namespaceName();
  try {
    execFileSync("ip", ["netns", "add", name], { stdio: "ignore" });
  } catch {
    return false;
  }
  try {
    execFileSync("ip", ["netns", "exec", name, "nft", "add", "table", "ip", "kl-probe"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    execFileSync("ip", ["netns", "del", name]);
  }
}

export function namespaceName(): string {
  return `kl-test-${randomBytes(4).toString("hex")}`;
}

const namespaces = works();

/** As vitest's describe, for suites that need network namespaces. */
export function describeNetwork(name: string, suite: () => void): void {
  if (!namespaces && !required) console.warn(`SKIPPED, no network namespaces with nft here (not root?): ${name}`);
  describe.runIf(namespaces || required)(name, suite);
}
