import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Package {
  readonly gypfile?: boolean;
}

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));

/**
 * `npm ci` reads the lock file instead of the package's own word, and compiles whatever has a binding.gyp: it would need a
 * compiler and Node's headers for an addon that comes compiled. `npm install` leaves the word out: put it back.
 */
it("the lock file keeps npm from compiling better-sqlite3", () => {
  const { packages } = read("package-lock.json") as { readonly packages: Readonly<Record<string, Package>> };
  expect(packages["node_modules/better-sqlite3"]?.gypfile).toBe(false);
  expect((read("node_modules/better-sqlite3/package.json") as Package).gypfile).toBe(false);
});
