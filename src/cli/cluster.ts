/** What every command that talks to a cluster shares: the connection flags, and the client made from them. */
import type { Command } from "commander";
import { type ConnectionFlags, resolveConnection } from "./kubeconfig/load.ts";
import { RestClient } from "./rest/client.ts";
import { ResourceMapping } from "./rest/resource-mapping.ts";

export interface Cluster {
  readonly client: RestClient;
  readonly mapping: ResourceMapping;
  readonly namespace: string;
  /** Whether --namespace was given: manifests that name another one are then refused. */
  readonly namespaceGiven: boolean;
}

export function addConnectionFlags(command: Command): Command {
  return command
    .option("--kubeconfig <FILE>", "path to the kubeconfig file")
    .option("--context <NAME>", "context of the kubeconfig to use")
    .option("-s, --server <URL>", "address and port of the API server")
    .option("-n, --namespace <NAMESPACE>", "namespace of the request");
}

export function connect(flags: ConnectionFlags): Cluster {
  const connection = resolveConnection(flags, process.env);
  const client = new RestClient(connection);
  client.onWarning = (text) => process.stderr.write(`Warning: ${text}\n`);
  return {
    client,
    mapping: new ResourceMapping(client),
    namespace: connection.namespace,
    namespaceGiven: flags.namespace !== undefined,
  };
}
