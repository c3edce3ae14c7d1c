/** A lazy door, as commands/server.ts: all that `kl agent` needs is loaded here and nowhere else in the CLI. */
import { type Command, defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import type { Flag } from "../flags/types.ts";

export async function command(): Promise<Command> {
  const daemon = await import("../../server/daemon.ts");
  const { agentFlags, readAgentConfig } = await daemon.agentSettings();
  const { ConfigError } = await daemon.serverSettings();
  return defineCommand<Readonly<Record<string, string>>>({
    usage: "[reset] [flags]",
    flags: Object.fromEntries(agentFlags.map(toFlag)),
    async run({ words, flags, given }) {
      const [word, ...more] = words;
      if ((word !== undefined && word !== "reset") || more.length > 0) {
        throw new ExitError(1, `error: unknown command "${words.join(" ")}" for "kl agent"`);
      }
      const said = Object.fromEntries([...given].map((name) => [name, flags[name]]));
      try {
        const config = readAgentConfig(said, process.env);
        if (word === "reset") {
          const { resetAgent } = await daemon.agentReset();
          await resetAgent(config);
        } else {
          const { runAgent } = await daemon.agent();
          await runAgent(config);
        }
      } catch (error) {
        if (error instanceof ConfigError) throw new ExitError(1, `error: ${error.message}`);
        throw error;
      }
    },
  });
}

/** "--node-name <NAME>" */
function toFlag({ flags, description }: { readonly flags: string; readonly description: string }): [string, Flag] {
  const [, name = ""] = /^--([a-z-]+) </.exec(flags) ?? [];
  return [name, { type: "string", usage: description }];
}
