/** The nft program. Each call is one transaction of the kernel: all of it happens, or nothing. */
import { type Command, runProgram } from "./program.ts";

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

/** `command`: the program and what comes before its own arguments: ["nft"], or in another network namespace. */
export function createNft(command: Command): Nft {
  return {
    async apply(text) {
      const { code, said } = await runProgram(command, ["-f", "-"], text);
      if (code !== 0) throw new NftError(firstLines(said) || `nft ended with code ${code}`);
    },
    async check() {
      const { code, said } = await runProgram(command, ["-c", "-f", "-"], "add table ip kl-check\n");
      if (code !== 0) throw new NftError(firstLines(said) || `nft ended with code ${code}`);
    },
    async hasTable(family, name, chain = "services") {
      const { code, said } = await runProgram(command, ["-t", "list", "chain", family, name, chain]);
      if (code !== 0 && !/No such file/.test(said)) throw new NftError(firstLines(said));
      return code === 0;
    },
  };
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
