/** kl token create: https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-token/#cmd-token-create */
import { randomInt } from "node:crypto";
import {
  type BootstrapToken,
  defaultNodeTokenGroup,
  isBootstrapGroup,
  parseBootstrapToken,
  type TokenParts,
  tokenSecret,
} from "../../machinery/bootstrap/bootstrap-token.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { joinCommand, joinTokenOf } from "./join-command.ts";
import { tokenSecretsPath } from "./secrets.ts";

interface CreateFlags {
  /** Milliseconds; 0: never. */
  readonly ttl: number;
  readonly printJoinCommand?: boolean;
  readonly description: string;
  readonly usages: readonly string[];
  readonly groups: readonly string[];
}

const knownUsages = ["signing", "authentication"];

export const create = defineCommand<CreateFlags>({
  usage: "[TOKEN] [flags]",
  flags: {
    ttl: { type: "duration", usage: "how long the token is good for; 0 is for ever", default: 86_400_000 },
    "print-join-command": { type: "bool", usage: "print the whole command with which a machine joins" },
    description: { type: "string", usage: "what the token is for", default: "" },
    usages: { type: "strings", usage: "what the token may be used for: signing, authentication", default: knownUsages },
    groups: {
      type: "strings",
      usage: "groups that whoever uses the token is in, as system:bootstrappers:NAME",
      default: [defaultNodeTokenGroup],
    },
  },
  async run({ words, flags }) {
    const token = wanted(words, flags);
    await withCluster(flags, async (cluster) => {
      const joinToken = joinTokenOf(cluster, token);
      try {
        const body = JSON.stringify(tokenSecret(token));
        await cluster.client.json({ method: "POST", path: tokenSecretsPath, body });
      } catch (error) {
        if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
        throw new ExitError(1, `error: a token with id "${token.id}" already exists`);
      }
      if (!flags.printJoinCommand) {
        process.stdout.write(`${joinToken}\n`);
        return;
      }
      const { command, warning } = await joinCommand(cluster, joinToken);
      if (warning !== undefined) process.stderr.write(`warning: ${warning}\n`);
      process.stdout.write(`${command}\n`);
    });
  },
});

function wanted(words: readonly string[], { ttl, description, usages, groups }: CreateFlags): BootstrapToken {
  const [given, ...more] = words;
  if (more.length > 0) throw new ExitError(1, `error: extra arguments: [${more.join(" ")}]`);
  if (ttl < 0) throw new ExitError(1, "error: --ttl must not be negative");
  for (const usage of usages) {
    if (knownUsages.includes(usage)) continue;
    throw new ExitError(
      1,
      `error: invalid bootstrap token usage string: "${usage}", valid usage options: ${knownUsages.join(", ")}`,
    );
  }
  for (const group of groups) {
    if (isBootstrapGroup(group)) continue;
    const form = "\\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\\z";
    throw new ExitError(1, `error: bootstrap group "${group}" is invalid (must match ${form})`);
  }
  return {
    ...parts(given),
    description,
    usages,
    // Groups only mean something for those who authenticate.
    groups: usages.includes("authentication") ? groups : [],
    expiration: ttl === 0 ? undefined : `${new Date(Date.now() + ttl).toISOString().slice(0, 19)}Z`,
  };
}

function parts(given: string | undefined): TokenParts {
  if (given === undefined) return { id: random(6), secret: random(16) };
  const parsed = parseBootstrapToken(given);
  if (parsed) return parsed;
  throw new ExitError(
    1,
    `error: the bootstrap token "${given}" was not of the form "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z"`,
  );
}

function random(length: number): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
}
