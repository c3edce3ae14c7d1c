import type { TokenParts } from "../../machinery/bootstrap/bootstrap-token.ts";
import { formatJoinToken } from "../../machinery/bootstrap/join-token.ts";
import type { ConfigMap } from "../../machinery/types/core/v1.ts";
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";

/** "kl<hash>.<id>.<secret>" for the CA that the kubeconfig trusts. */
export function joinTokenOf({ client }: Cluster, parts: TokenParts): string {
  const { ca } = client.connection;
  if (ca === undefined) {
    throw new ExitError(
      1,
      "error: the kubeconfig names no certificate-authority: the token has to hold its hash; use the server's own kubeconfig.yaml",
    );
  }
  return formatJoinToken(ca, parts);
}

/** What to type on the machine that shall join; `warning` where it could not reach the server. */
export async function joinCommand(cluster: Cluster, token: string): Promise<{ command: string; warning?: string }> {
  const { data = {} } = await cluster.client.json<ConfigMap>({
    path: "/api/v1/namespaces/kube-system/configmaps/kl-config",
  });
  const own = new URL(cluster.client.connection.server);
  // An address by which the server is reached from here, other than its loopback, is good for others, too.
  const server = isLoopback(own.hostname) ? (data.server ?? own.origin) : own.origin;
  return {
    command: `kl agent --join ${server} --token ${token}`,
    ...(data.reachable === "false"
      ? {
          warning: `the server listens on ${data.bindAddress} only, which no other machine can reach: start it with --bind-address 0.0.0.0`,
        }
      : {}),
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.startsWith("127.") || host === "[::1]";
}
