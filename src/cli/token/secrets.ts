import { type BootstrapToken, bootstrapTokenType, readTokenSecret } from "../../machinery/bootstrap/bootstrap-token.ts";
import type { Secret } from "../../machinery/types/core/v1.ts";
import type { Cluster } from "../cluster.ts";

export const tokenSecretsPath = "/api/v1/namespaces/kube-system/secrets";

/** All of the cluster's bootstrap tokens, by name. */
export async function listTokens({ client }: Cluster): Promise<BootstrapToken[]> {
  const { items } = await client.json<{ readonly items: readonly Secret[] }>({
    path: tokenSecretsPath,
    query: { fieldSelector: `type=${bootstrapTokenType}` },
  });
  return items.flatMap((secret) => readTokenSecret(secret) ?? []);
}
