/**
 * Makes dist-binary/kl: Node itself with the bundle of scripts/build.ts, its data and the SQLite addon inside
 * (https://nodejs.org/api/single-executable-applications.html). For the platform it is run on.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./build.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const out = join(root, "dist-binary");
/** The marker that Node looks for in its own executable. */
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** better-sqlite3 without its C sources and the prebuilt addons of other platforms. */
function copySqlite(): void {
  const from = dirname(createRequire(import.meta.url).resolve("better-sqlite3/package.json"));
  const to = join(dist, "node_modules/better-sqlite3");
  for (const part of ["package.json", "lib", "LICENSE"]) cpSync(join(from, part), join(to, part), { recursive: true });
  const prebuilds = join(from, "prebuilds");
  for (const name of readdirSync(prebuilds)) {
    if (name.startsWith(`${process.platform}-${process.arch}`)) {
      cpSync(join(prebuilds, name), join(to, "prebuilds", name), { recursive: true });
    }
  }
}

await bundle();
copySqlite();
writeFileSync(join(dist, "package.json"), JSON.stringify({ type: "module" }));
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const files = filesBelow(dist);
const hash = createHash("sha256");
for (const file of files) hash.update(file).update(readFileSync(join(dist, file)));
const manifestFile = join(out, "manifest.json");
writeFileSync(manifestFile, JSON.stringify({ hash: hash.digest("hex").slice(0, 16), files }));

const blob = join(out, "sea.blob");
const seaConfig = join(out, "sea-config.json");
writeFileSync(
  seaConfig,
  JSON.stringify({
    main: join(root, "scripts/binary/launch.cjs"),
    output: blob,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: {
      "manifest.json": manifestFile,
      ...Object.fromEntries(files.map((file) => [file, join(dist, file)])),
    },
  }),
);
execFileSync(process.execPath, ["--experimental-sea-config", seaConfig], { stdio: ["ignore", "ignore", "inherit"] });

const executable = join(out, "kl");
copyFileSync(process.execPath, executable);
chmodSync(executable, 0o755);
const postject = createRequire(import.meta.url).resolve("postject/dist/cli.js");
execFileSync(process.execPath, [postject, executable, "NODE_SEA_BLOB", blob, "--sentinel-fuse", fuse], {
  stdio: ["ignore", "ignore", "inherit"],
});
for (const file of [blob, seaConfig, manifestFile]) rmSync(file);
process.stdout.write(`${executable}\n`);
