#!/usr/bin/env node
/**
 * `kl`: nothing but the door. Everything behind it is compiled once and kept (Node's compile cache), which only works for
 * what is loaded after the cache is on; so this file imports next to nothing of ours at the top.
 */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { becomeLean } from "./lean-process.ts";

const minimumNode = 22;

if (Number(process.versions.node.split(".")[0]) < minimumNode) {
  process.stderr.write(`kl needs Node ${minimumNode} or newer; this is ${process.version}\n`);
  process.exit(1);
}
if (process.argv[2] === "server" || process.argv[2] === "agent") becomeLean();
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kl"));
// `get` is what is typed all day long: in the bundle it is one file, because finding and linking a dozen costs more than
// running them.
const program = process.argv[2] === "get" ? import("./program-get.ts") : import("./program.ts");
void program.then(({ main }) => main(process.argv.slice(2)));
