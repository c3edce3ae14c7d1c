import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDocker } from "../../../docker-gate.ts";
import { dockerRuntime } from "./docker-fixture.ts";

const root = process.getuid?.() === 0;
if (!root) console.warn("SKIPPED, interfaces are made by root only: the pods' bridge beside what the host has");
const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });

describeDocker("the pods' bridge beside what the host has", () => {
  const bridge = "kl-test-left";
  const { runtime, clean } = dockerRuntime();
  beforeAll(() => {
    if (!root) return;
    ip("link", "add", bridge, "type", "bridge");
    ip("address", "add", "10.199.7.1/24", "dev", bridge);
    ip("address", "add", "10.199.8.1/21", "dev", bridge);
    ip("link", "set", bridge, "up");
  });
  afterAll(async () => {
    await clean();
    if (root) ip("link", "delete", bridge);
  });

  test.runIf(root)("keeps away from a range that leads to another interface, though not from a wider one", async () => {
    const wish = { subnet: "10.199.7.0/24", masquerade: true };
    expect((await runtime.configurePodNetwork?.(wish))?.subnet).toBe("10.199.255.0/24");
    expect((await runtime.configurePodNetwork?.({ ...wish, subnet: "10.199.9.0/24" }))?.subnet).toBe("10.199.9.0/24");
  });
});
