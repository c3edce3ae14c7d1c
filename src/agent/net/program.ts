/** The host's own programs that change its network: ip, bridge, nft, iptables. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The program and what comes before its own arguments: ["nft"], or the same in another network namespace. */
export type Command = readonly [string, ...string[]];

export interface ProgramEnd {
  readonly code: number;
  readonly out: string;
  /** What it said on stderr, cut. */
  readonly said: string;
}

const MAX_SAID = 4096;
const MAX_OUT = 64 << 20;

/** Not everybody has them in the search path. */
const systemFolders = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

/** Undefined where the program is not installed. */
export function findProgram(name: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = [...(environment.PATH ?? "").split(delimiter), ...systemFolders].filter((folder) => folder !== "");
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Rejects only where it cannot be run at all. */
export function runProgram([program, ...first]: Command, args: readonly string[], input = ""): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...first, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      if (out.length < MAX_OUT) out += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      if (said.length < MAX_SAID) said += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, out, said }));
    // It ends early where it refuses; its exit code and words say why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
