import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["./test/patience.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Real engines on machines that others load: once more where nobody looks. At the desk a flake shall hurt.
    retry: process.env.CI ? 1 : 0,
    reporters: ["default", "./test/count-reporter.ts"],
  },
});
