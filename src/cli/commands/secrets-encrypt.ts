/** kl secrets-encrypt: whether Secrets lie encrypted in the store, and with which key. */
import { type Cluster, withCluster } from "../cluster.ts";
import { type Command, type CommandGroup, defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";

interface Status {
  readonly enabled: boolean;
  readonly file: string;
  readonly managed: boolean;
  readonly active?: string;
  readonly keys: readonly string[];
  readonly values: Readonly<Record<string, number>>;
  readonly reencrypting: boolean;
}

const path = "/secrets-encrypt";

function subcommand(summary: string, run: (cluster: Cluster) => Promise<void>): Command & { readonly summary: string } {
  const command = defineCommand<Readonly<Record<string, unknown>>>({
    usage: "[flags]",
    flags: {},
    run: ({ words, flags }) => {
      if (words.length > 0) throw new ExitError(1, `error: extra arguments: [${words.join(" ")}]`);
      return withCluster(flags, run);
    },
  });
  return { ...command, summary };
}

function act(action: "enable" | "rotate" | "reencrypt"): (cluster: Cluster) => Promise<void> {
  return async ({ client }) => {
    const body = JSON.stringify({ action });
    print(await client.json<Status>({ method: "POST", path, body, contentType: "application/json", raw: true }));
  };
}

function print({ enabled, active, keys, values, file, managed, reencrypting }: Status): void {
  const lines = [
    `Encryption Status: ${enabled ? "Enabled" : "Disabled"}`,
    `Active Key: ${active ?? "<none>"}`,
    `Keys: ${keys.length === 0 ? "<none>" : keys.join(", ")}${managed ? "" : " (from --encryption-provider-config)"}`,
    `Key File: ${managed ? file : "the file of --encryption-provider-config"}`,
    ...Object.entries(values).map(([seal, count]) => `Stored with ${seal === "identity" ? "no key" : seal}: ${count}`),
    ...(reencrypting ? ["Reencryption: running"] : []),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

export const command: CommandGroup = {
  subcommands: {
    status: subcommand("Tell whether Secrets are encrypted, and with which key", async ({ client }) => {
      print(await client.json<Status>({ path, raw: true }));
    }),
    enable: subcommand("Encrypt Secrets from now on, and those that are there", act("enable")),
    rotate: subcommand("Make a new key and encrypt all Secrets with it", act("rotate")),
    reencrypt: subcommand("Encrypt what is not encrypted with the active key", act("reencrypt")),
  },
};
