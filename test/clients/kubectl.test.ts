import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { helms, kubectls, runClient } from "./kubectl.ts";

test("the real clients run", async () => {
  const home = await mkdtemp(join(tmpdir(), "kl-clients-"));
  try {
    const kubeconfig = join(home, "config");
    const versions: string[] = [];
    for (const binary of [...(await kubectls()), ...(await helms())]) {
      const args = binary.includes("helm") ? ["version", "--short"] : ["version", "--client"];
      const { code, stdout } = await runClient(binary, args, { kubeconfig });
      expect(code).toBe(0);
      versions.push(stdout);
    }
    expect(versions.join(" ")).toMatch(/v1\.\d+\.\d+[\s\S]*v1\.\d+\.\d+[\s\S]*v3\.\d+[\s\S]*v4\.\d+/);
  } finally {
    await rm(home, { recursive: true });
  }
});
