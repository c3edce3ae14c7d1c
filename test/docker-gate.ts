/**
 * Tests that need a Docker engine: skipped out loud where none answers; with KL_REQUIRE=docker (a comma-separated list)
 * they run nevertheless, and fail.
 */
import Docker from "dockerode";
import { describe } from "vitest";

const required = (process.env.KL_REQUIRE ?? "").split(",").includes("docker");

export const dockerAnswers: boolean = await new Docker().ping().then(
  () => true,
  () => false,
);

/** As vitest's describe, for suites that need Docker. */
export function describeDocker(name: string, suite: () => void): void {
  if (!dockerAnswers && !required) console.warn(`SKIPPED, no Docker engine answers: ${name}`);
  describe.runIf(dockerAnswers || required)(name, suite);
}
