/**
 * Bundles kl into dist/: the same program as src/, in few files, so that it starts faster. Each command is a file
 * of its own, the daemons are one. Data files and the store's worker lie flat beside the bundle, where
 * `new URL("./name", import.meta.url)` finds them in dist/ as it does in src/.
 */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** Files that code reads at run time, by their path in src/. */
export const dataFiles: readonly string[] = ["src/machinery/schema/kubernetes-1.36.json"];

/**
 * dockerode loads, at once, an SSH client for ssh:// hosts and gRPC for BuildKit sessions: a megabyte that kl never uses.
 * ssh:// hosts are refused with a hint (a forwarded socket does the same).
 */
const leftOut: Plugin = {
  name: "left-out",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^ssh2$/ }, () => ({ path: "ssh2", namespace: "left-out" }));
    onResolve({ filter: /^@grpc\/(grpc-js|proto-loader)$/ }, ({ importer, path }) =>
      importer.includes("/dockerode/") ? { path, namespace: "left-out" } : undefined,
    );
    onLoad({ filter: /^ssh2$/, namespace: "left-out" }, () => ({
      contents:
        'module.exports = { Client: class { constructor() { throw new Error("ssh:// Docker hosts are not supported: forward the socket with ssh -L instead"); } } };',
    }));
    onLoad({ filter: /^@grpc/, namespace: "left-out" }, () => ({ contents: "module.exports = {};" }));
  },
};

/**
 * An ES import of node:http or node:crypto reads every export once, the lazy ones (fetch's client, WebCrypto) with them.
 * Taken as CommonJS they stay unloaded until they are used: some 2 MB that an idle server does not need.
 */
const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^(node:)?(https?|crypto)$/ }, ({ namespace, path }) =>
      namespace === "lazy-builtin"
        ? { path, external: true }
        : { path: path.replace(/^node:/, ""), namespace: "lazy-builtin" },
    );
    onLoad({ filter: /.*/, namespace: "lazy-builtin" }, ({ path }) => ({
      contents: `module.exports = require("node:${path}");`,
    }));
  },
};

/**
 * The door and `get` are CommonJS: what Node's ES module loader costs (some 5 ms) is felt in a command typed all day long.
 * `get` is a file of its own, since only what is loaded after the compile cache is on is kept in it.
 */
const door: Plugin = {
  name: "door",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\/program\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./program.js", external: true } : undefined,
    );
    onResolve({ filter: /\/program-get\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "program-get", namespace: "door" } : undefined,
    );
    onResolve({ filter: /^\.\/program-get\.cjs$/ }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /.*/, namespace: "door" }, () => ({ contents: 'module.exports = require("./program-get.cjs");' }));
  },
};

/** The daemons are a file of their own. */
const daemonApart: Plugin = {
  name: "daemon-apart",
  setup({ onResolve }) {
    onResolve({ filter: /\/server\/daemon\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./daemon.js", external: true } : undefined,
    );
  },
};

/** `kl get` never runs another command: their files stay outside. */
const getAlone: Plugin = {
  name: "get-alone",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/commands\/\w+\.ts$/ }, ({ path }) =>
      path === "./commands/get.ts" ? undefined : { path, external: true },
    );
  },
};

/** One character beyond ASCII, and Node keeps the file's whole text at two bytes a character. */
function checkAscii(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.findIndex((byte) => byte > 0x7f);
  if (at >= 0) throw new Error(`${file}: not ASCII: ${bytes.toString("utf8", Math.max(0, at - 60), at + 10)}`);
}

export async function bundle(): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const settings = {
    absWorkingDir: root,
    outdir: dist,
    bundle: true,
    platform: "node",
    // ES modules keep their names when they are imported lazily; CommonJS ones would hide behind `default`.
    mainFields: ["module", "main"],
    target: "node22",
    minify: true,
    chunkNames: "[name]-[hash]",
    external: ["better-sqlite3", "cpu-features", "*.node"],
    logLevel: "warning",
  } satisfies BuildOptions;
  const modules = {
    ...settings,
    format: "esm",
    // Bundled CommonJS packages call require for Node's own modules.
    banner: {
      js: 'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);',
    },
  } satisfies BuildOptions;
  await build({
    ...modules,
    splitting: true,
    entryPoints: { program: "src/cli/program.ts" },
    plugins: [leftOut, lazyBuiltins, daemonApart],
  });
  // One file each: Node looks for a file at every import of it, and a daemon would be a hundred small ones. What it loads
  // lazily stays so, for nothing of a file is run, or even compiled, before it is needed.
  await build({
    ...modules,
    entryPoints: {
      daemon: "src/server/daemon.ts",
      "store-worker": "src/store/sqlite/worker.ts",
      "certificate-worker": "src/server/pki/certificate-worker.ts",
      "signing-worker": "src/server/pki/signing-worker.ts",
    },
    plugins: [leftOut, lazyBuiltins],
  });
  await build({
    ...settings,
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    entryPoints: { kl: "src/cli/main.ts", "program-get": "src/cli/program-get.ts" },
    plugins: [door, lazyBuiltins, getAlone],
  });
  for (const file of readdirSync(dist)) checkAscii(join(dist, file));
  for (const file of dataFiles) copyFileSync(join(root, file), join(dist, basename(file)));
  chmodSync(join(dist, "kl.cjs"), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
