/** Bundled, a CommonJS package that is loaded lazily has no names but `default`: what works from src/ would fail in dist/. */
import { globSync, readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const lazy = /(?:\{([^{}]*)\} = )?\(?await import\("((?:@[\w-]+\/)?[\w-]+)"\)\)?(\.\w+)?/g;

const imports = globSync("{src,proto}/**/*.ts", { cwd: root }).flatMap((file) =>
  [...readFileSync(`${root}${file}`, "utf8").matchAll(lazy)].map(([, names = "", name = "", member = ""]) => ({
    file,
    name,
    taken: names === "" ? member.slice(1) : names.trim(),
  })),
);

test("there are lazy imports, or else this looks for them in the wrong way", () => {
  expect(imports.map(({ name }) => name)).toEqual(expect.arrayContaining(["yaml", "@grpc/grpc-js", "jose"]));
});

test.each(imports.filter(({ name, taken }) => taken !== "" && isCommonJs(name)))(
  "$file takes $name by its default",
  ({ taken }) => {
    expect(taken).toMatch(/^default\b/);
  },
);

/** As the bundler sees it, which prefers a package's "module". */
function isCommonJs(name: string): boolean {
  const manifest = findPackageJSON(name, import.meta.url);
  if (manifest === undefined) throw new Error(`no package ${name}`);
  const { exports, module } = JSON.parse(readFileSync(manifest, "utf8"));
  if (exports === undefined && module !== undefined) return false;
  return !/^export\b/m.test(readFileSync(fileURLToPath(import.meta.resolve(name)), "utf8"));
}
