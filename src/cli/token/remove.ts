/** kl token delete: https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-token/#cmd-token-delete */
import { isTokenId, parseBootstrapToken, tokenSecretName } from "../../machinery/bootstrap/bootstrap-token.ts";
import { parseJoinToken } from "../../machinery/bootstrap/join-token.ts";
import { withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { tokenSecretsPath } from "./secrets.ts";

export const remove = defineCommand<unknown>({
  usage: "TOKEN… [flags]",
  flags: {},
  async run({ words, flags }) {
    if (words.length === 0) {
      throw new ExitError(1, "error: missing argument; 'token delete' is missing the token, or its id (6 characters)");
    }
    const ids = words.map(idOf);
    await withCluster(flags, async ({ client }) => {
      for (const id of ids) {
        await client.json({ method: "DELETE", path: `${tokenSecretsPath}/${tokenSecretName(id)}` });
        process.stdout.write(`bootstrap token "${id}" deleted\n`);
      }
    });
  },
});

function idOf(word: string): string {
  if (isTokenId(word)) return word;
  const bearer = word.startsWith("kl") && word.length > 60 ? parseJoinToken(word).bearer : word;
  const parts = parseBootstrapToken(bearer);
  if (parts) return parts.id;
  throw new ExitError(1, `error: given token didn't match pattern "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z"`);
}
