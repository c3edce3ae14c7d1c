/** kl version: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_version/ */
import type { Command } from "commander";
import { klVersion } from "../../machinery/version.ts";
import { addConnectionFlags, connect } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { toJson, toYaml } from "../print/object.ts";

interface ServerVersion {
  readonly gitVersion: string;
}

export function configure(command: Command): void {
  addConnectionFlags(command)
    .option("--client", "the client's version only, without asking a server")
    .option("-o, --output <FORMAT>", "yaml or json")
    .action(async () => {
      const flags = command.opts<{ client?: boolean; output?: string }>();
      const client = {
        gitVersion: klVersion,
        platform: `${process.platform}/${process.arch}`,
        nodeVersion: process.version,
      };
      let server: ServerVersion | undefined;
      let failure: unknown;
      if (!flags.client) {
        const cluster = connect(command.opts());
        try {
          server = await cluster.client.json<ServerVersion>({ path: "/version" });
        } catch (error) {
          failure = error;
        } finally {
          cluster.client.close();
        }
      }
      if (flags.output === "json" || flags.output === "yaml") {
        const both = { clientVersion: client, ...(server ? { serverVersion: server } : {}) };
        process.stdout.write(flags.output === "json" ? toJson(both) : toYaml(both));
      } else if (flags.output) {
        throw new ExitError(1, "error: --output must be 'yaml' or 'json'");
      } else {
        process.stdout.write(`Client Version: ${client.gitVersion}\n`);
        if (server) process.stdout.write(`Server Version: ${server.gitVersion}\n`);
      }
      if (failure) throw failure;
    });
}
