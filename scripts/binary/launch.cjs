/**
 * The first code of the single executable. The bundle, its data and the SQLite addon lie inside as assets; they are
 * unpacked once per version into the user's cache and run from there, so that the binary is the same program as dist/.
 */
const { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire, enableCompileCache } = require("node:module");
const { homedir, tmpdir } = require("node:os");
const { dirname, join } = require("node:path");
const { getAsset } = require("node:sea");

const manifest = JSON.parse(getAsset("manifest.json", "utf8"));

/** Unpacks beside the target and renames: two first starts at once, or one that is killed, leave no half folder. */
function unpackInto(base) {
  const target = join(base, manifest.hash);
  if (existsSync(join(target, "kl.cjs"))) return target;
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const staging = mkdtempSync(join(base, ".unpack-"));
  for (const file of manifest.files) {
    mkdirSync(dirname(join(staging, file)), { recursive: true });
    writeFileSync(join(staging, file), Buffer.from(getAsset(file)));
  }
  try {
    renameSync(staging, target);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (!existsSync(join(target, "kl.cjs"))) throw error;
  }
  return target;
}

function unpack() {
  const bases = [
    join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kl"),
    join(tmpdir(), `kl-${process.getuid()}`),
  ];
  const failures = [];
  for (const base of bases) {
    try {
      return unpackInto(base);
    } catch (error) {
      failures.push(`${base}: ${error.message}`);
    }
  }
  process.stderr.write(`error: kl cannot unpack itself (${failures.join("; ")}): make one of these folders writable\n`);
  process.exit(1);
}

const folder = unpack();
enableCompileCache(join(folder, ".compile-cache"));
createRequire(join(folder, "kl.cjs"))("./kl.cjs");
