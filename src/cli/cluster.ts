/** What every command that talks to a cluster shares: the client made from the connection flags, and the mapping of names. */
import { ExitError } from "./exit-error.ts";
import { type ConnectionFlags, resolveConnection } from "./kubeconfig/connection.ts";
import { RestClient } from "./rest/client.ts";
import { ResourceMapping } from "./rest/resource-mapping.ts";

export interface Cluster {
  readonly client: RestClient;
  readonly mapping: ResourceMapping;
  readonly namespace: string;
  /** Whether --namespace was given: manifests that name another one are then refused. */
  readonly namespaceGiven: boolean;
}

/** Connects, runs the command and disconnects. `flags`: those of the command, the global ones among them. */
export async function withCluster(flags: unknown, command: (cluster: Cluster) => Promise<void>): Promise<void> {
  const { warningsAsErrors, ...connectionFlags } = flags as ConnectionFlags & { readonly warningsAsErrors?: boolean };
  const connection = await resolveConnection(connectionFlags, process.env);
  const client = new RestClient(connection);
  let warnings = 0;
  client.onWarning = (text) => {
    warnings += 1;
    process.stderr.write(`Warning: ${text}\n`);
  };
  try {
    await command({
      client,
      mapping: new ResourceMapping(client),
      namespace: connection.namespace,
      namespaceGiven: Boolean(connectionFlags.namespace),
    });
  } finally {
    client.close();
  }
  if (warningsAsErrors && warnings > 0) {
    throw new ExitError(1, `error: ${warnings} warning${warnings === 1 ? "" : "s"} received`);
  }
}
