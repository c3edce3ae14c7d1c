/**
 * UDP has no end of a conversation: the kernel would lead a client to the endpoint that it was given first for as long as it
 * goes on asking, even when that endpoint has gone. Nothing but the program conntrack can make it forget.
 */
import type { Logger } from "../../machinery/logger.ts";
import { type Command, runProgram } from "./program.ts";

/** Told with one command each; more than that at once are not worth their time. */
const MAX_AT_ONCE = 200;

export interface Conntrack {
  /** Flows over UDP that were led to these addresses begin anew. Never rejects. */
  forget(addresses: Iterable<string>): Promise<void>;
}

/** `program` undefined: not installed, which is told once, when it is missed. */
export function createConntrack(program: Command | undefined, log: Logger): Conntrack {
  let told = false;
  return {
    async forget(addresses) {
      const some = [...addresses].slice(0, MAX_AT_ONCE);
      if (some.length === 0) return;
      if (!program) {
        if (!told) log.warn({}, "conntrack is not installed: UDP clients may go on asking endpoints that have gone");
        told = true;
        return;
      }
      for (const address of some) {
        const family = address.includes(":") ? "ipv6" : "ipv4";
        const args = ["-D", "-f", family, "-p", "udp", "--dst-nat", address];
        // It ends with 1 where there was nothing to forget.
        const { code, said } = await runProgram(program, args).catch((error: Error) => ({
          code: 2,
          said: error.message,
        }));
        if (code > 1) log.warn({ said, address }, "UDP flows to an endpoint that has gone could not be ended");
      }
    },
  };
}
