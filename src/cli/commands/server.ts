/** A lazy door: all that `kl server` needs is loaded here and nowhere else in the CLI. */
import type { Command } from "commander";
import { ExitError } from "../exit-error.ts";

export async function configure(command: Command): Promise<void> {
  const { ConfigError, readServerConfig, serverFlags } = await import("../../server/config.ts");
  for (const { flags, description } of serverFlags()) command.option(flags, description);
  command.action(async () => {
    const given: Record<string, string | boolean> = {};
    for (const [name, value] of Object.entries(command.opts())) {
      if (command.getOptionValueSource(name) === "cli") given[name] = value as string | boolean;
    }
    try {
      const config = await readServerConfig(given, process.env);
      const { runServer } = await import("../../server/run.ts");
      await runServer(config);
    } catch (error) {
      if (error instanceof ConfigError) throw new ExitError(1, `error: ${error.message}`);
      throw error;
    }
  });
}
