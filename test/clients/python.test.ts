import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startApi } from "../api/fixture.ts";

const run = promisify(execFile);
const python = "/usr/bin/python3";
const script = fileURLToPath(new URL("python.py", import.meta.url));
const required = (process.env.KL_REQUIRE ?? "").split(",").includes("python");
const there = await run(python, ["-c", "import kubernetes"]).then(
  () => true,
  () => false,
);

if (!there && !required) console.warn("SKIPPED, Debian's python3-kubernetes is not installed: the Python client");

it.runIf(there || required)(
  "the Python client works",
  async () => {
    const api = await startApi();
    try {
      const { stdout } = await run(python, [script, api.kubeconfig]);
      expect(stdout).toBe("good\n");
    } finally {
      await api.close();
    }
  },
  60_000,
);
