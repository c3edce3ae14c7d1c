/** The nft program. Each call is one transaction of the kernel: all of it happens, or nothing. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface Nft {
  /** Rejects with what nft said where the kernel refused; nothing has changed then. */
  apply(text: string): Promise<void>;
  /** Rejects where this process may not change rules at all. Changes nothing. */
  check(): Promise<void>;
  /** Whether the table is there with its chain ("services" where it is not named). */
  hasTable(family: string, name: string, chain?: string): Promise<boolean>;
}

export class NftError extends Error {
  override name = "NftError";
}

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

/** `command`: the program and what comes before its own arguments: ["nft"], or in another network namespace. */
export function createNft(command: readonly [string, ...string[]]): Nft {
  return {
    async apply(text) {
      const { code, said } = await run(command, ["-f", "-"], text);
      if (code !== 0) throw new NftError(firstLines(said) || `nft ended with code ${code}`);
    },
    async check() {
      const { code, said } = await run(command, ["-c", "-f", "-"], "add table ip kl-check\n");
      if (code !== 0) throw new NftError(firstLines(said) || `nft ended with code ${code}`);
    },
    async hasTable(family, name, chain = "services") {
      const { code, said } = await run(command, ["-t", "list", "chain", family, name, chain], "");
      if (code !== 0 && !/No such file/.test(said)) throw new NftError(firstLines(said));
      return code === 0;
    },
  };
}

function run(
  [program, ...first]: readonly [string, ...string[]],
  args: readonly string[],
  input: string,
): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...first, ...args], { stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      if (said.length < 4096) said += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, said }));
    // It ends early where it refuses; its exit code and words say why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** nft repeats the whole command under each message, which may be very long. */
function firstLines(said: string): string {
  return said
    .split("\n")
    .filter((line) => /error/i.test(line))
    .slice(0, 3)
    .map((line) => line.slice(0, 300))
    .join("; ");
}
