/** kl version: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_version/ */
import { klVersion } from "../../machinery/version.ts";
import { withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";

interface ServerVersion {
  readonly gitVersion: string;
}

export const command = defineCommand<{ readonly client?: boolean; readonly output?: string }>({
  usage: "[flags]",
  flags: {
    client: { type: "bool", usage: "the client's version only, without asking a server" },
    output: { type: "string", short: "o", usage: "yaml or json" },
  },
  async run({ words, flags }) {
    if (words.length > 0) throw new ExitError(1, `error: extra arguments: [${words.join(" ")}]`);
    if (flags.output && flags.output !== "json" && flags.output !== "yaml") {
      throw new ExitError(1, "error: --output must be 'yaml' or 'json'");
    }
    const client = {
      gitVersion: klVersion,
      platform: `${process.platform}/${process.arch}`,
      nodeVersion: process.version,
    };
    let server: ServerVersion | undefined;
    let failure: unknown;
    if (!flags.client) {
      try {
        await withCluster(flags, async (cluster) => {
          server = await cluster.client.json<ServerVersion>({ path: "/version" });
        });
      } catch (error) {
        // What is known is printed first.
        failure = error;
      }
    }
    if (flags.output) {
      const { toJson, toYaml } = await import("../print/object.ts");
      const both = { clientVersion: client, ...(server ? { serverVersion: server } : {}) };
      process.stdout.write(flags.output === "json" ? toJson(both) : toYaml(both));
    } else {
      process.stdout.write(`Client Version: ${client.gitVersion}\n`);
      if (server) process.stdout.write(`Server Version: ${server.gitVersion}\n`);
    }
    if (failure) throw failure;
  },
});
