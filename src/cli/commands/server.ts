/** A lazy door: all that `kl server` needs is loaded here and nowhere else in the CLI. */
import { type Command, defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import type { Flag } from "../flags/types.ts";

export async function command(): Promise<Command> {
  const daemon = await import("../../server/daemon.ts");
  const { ConfigError, readServerConfig, serverFlags } = await daemon.serverSettings();
  return defineCommand<Readonly<Record<string, string | boolean>>>({
    usage: "[flags]",
    flags: Object.fromEntries(serverFlags().map(toFlag)),
    async run({ flags, given }) {
      const said: Record<string, string | boolean> = {};
      for (const name of given) {
        const value = flags[name] ?? "";
        // --no-agent is the setting agent, switched off.
        const setting = /^no([A-Z])(.*)$/.exec(name);
        if (setting) said[`${setting[1]?.toLowerCase()}${setting[2]}`] = !value;
        else said[name] = value;
      }
      try {
        const config = await readServerConfig(said, process.env);
        const { runServer } = await daemon.server();
        await runServer(config);
      } catch (error) {
        if (error instanceof ConfigError) throw new ExitError(1, `error: ${error.message}`);
        throw error;
      }
    },
  });
}

/** "--port <N>", "--no-agent": as the server room lists its settings. */
function toFlag({ flags, description }: { readonly flags: string; readonly description: string }): [string, Flag] {
  const [, name = "", value] = /^--([a-z-]+)(?: <(.*)>)?$/.exec(flags) ?? [];
  return [name, { type: value === undefined ? "bool" : "string", usage: description }];
}
