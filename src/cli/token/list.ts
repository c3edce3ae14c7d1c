/** kl token list: https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-token/#cmd-token-list */
import { type BootstrapToken, tokenLifeLeft } from "../../machinery/bootstrap/bootstrap-token.ts";
import { withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { listTokens } from "./secrets.ts";
import { shortDuration } from "./short-duration.ts";

const header = ["TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS"];
/** Of kubeadm's tabwriter. */
const narrowest = 10;
const gap = 3;

export const list = defineCommand<{ readonly output: string }>({
  usage: "[-o FORMAT] [flags]",
  flags: {
    output: { type: "string", short: "o", usage: "text, json, yaml, jsonpath=…", default: "text" },
  },
  async run({ words, flags }) {
    if (words.length > 0) throw new ExitError(1, `error: extra arguments: [${words.join(" ")}]`);
    await withCluster(flags, async (cluster) => {
      const tokens = await listTokens(cluster);
      if (flags.output !== "text") {
        const { tokenDocuments } = await import("./documents.ts");
        process.stdout.write(await tokenDocuments(tokens, flags.output));
        return;
      }
      // As kubeadm: nothing is printed where there are none.
      if (tokens.length > 0) process.stdout.write(tokenTable(tokens, Date.now()));
    });
  },
});

/** `now` in ms since the epoch. */
export function tokenTable(tokens: readonly BootstrapToken[], now: number): string {
  const rows = [header, ...tokens.map((token) => row(token, now))];
  const widths = header.map((_, index) =>
    Math.max(narrowest, ...rows.map((cells) => (cells[index] ?? "").length + gap)),
  );
  return rows
    .map((cells) => `${cells.map((cell, i) => (i < cells.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell)).join("")}\n`)
    .join("");
}

function row(token: BootstrapToken, now: number): string[] {
  const { id, secret, expiration, usages, description, groups } = token;
  const left = tokenLifeLeft(token, now);
  return [
    `${id}.${secret}`,
    left === undefined ? "<forever>" : shortDuration(left),
    expiration ?? "<never>",
    usages.join(",") || "<none>",
    description || "<none>",
    groups.join(",") || "<none>",
  ];
}
