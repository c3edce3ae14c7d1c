/** From the kubeconfig and the flags of the command line to everything needed to talk to one cluster. */
import { readFileSync } from "node:fs";
import { parseDuration } from "../duration.ts";
import { ExitError } from "../exit-error.ts";
import { kubeconfigFiles, loadKubeconfig } from "./load.ts";
import type { ClusterEntry, Connection, UserEntry } from "./types.ts";

/** The connection flags of globalFlags. */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
  readonly server?: string;
  readonly token?: string;
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly tlsServerName?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly requestTimeout?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
}

/** Throws ExitError. */
export async function resolveConnection(flags: ConnectionFlags, environment: NodeJS.ProcessEnv): Promise<Connection> {
  const config = await loadKubeconfig(kubeconfigFiles(flags.kubeconfig, environment));
  const contextName = flags.context ?? config["current-context"] ?? "";
  const context = config.contexts?.find(({ name }) => name === contextName)?.context;
  if (flags.context !== undefined && !context) {
    throw new ExitError(1, `Error in configuration: context was not found for specified context: ${flags.context}`);
  }
  const clusterName = flags.cluster ?? context?.cluster;
  const cluster = config.clusters?.find(({ name }) => name === clusterName)?.cluster;
  if (flags.cluster !== undefined && !cluster)
    throw new ExitError(1, `error: no server found for cluster "${flags.cluster}"`);
  const userName = flags.user ?? context?.user;
  const user = config.users?.find(({ name }) => name === userName)?.user;
  if (flags.user !== undefined && !user) throw new ExitError(1, `error: auth info "${flags.user}" does not exist`);
  const server = flags.server ?? cluster?.server;
  if (!server) {
    throw new ExitError(
      1,
      "error: no cluster to talk to: start one with `kl server`, or name a kubeconfig with --kubeconfig or KUBECONFIG",
    );
  }
  const timeout = requestTimeout(flags.requestTimeout ?? "0");
  return {
    server: serverUrl(server),
    ...trust(flags, cluster),
    ...credentials(flags, user, userName ?? ""),
    ...localSocket(flags, user, server),
    ...impersonation(flags),
    ...(timeout > 0 ? { timeout } : {}),
    namespace: flags.namespace || context?.namespace || "default",
  };
}

/** A bare host means http, as it does for kubectl. */
function serverUrl(server: string): string {
  const url = /^https?:\/\//.test(server) ? server : `http://${server}`;
  return url.replace(/\/+$/, "");
}

function trust(flags: ConnectionFlags, cluster: ClusterEntry | undefined) {
  const ca = flags.certificateAuthority
    ? readFileSync(flags.certificateAuthority, "utf8")
    : dataOrFile(cluster?.["certificate-authority-data"], cluster?.["certificate-authority"]);
  const skipVerify = flags.insecureSkipTlsVerify || (cluster?.["insecure-skip-tls-verify"] ?? false);
  const serverName = flags.tlsServerName ?? cluster?.["tls-server-name"];
  // kubectl refuses an authority beside "do not verify"; here the wish to skip simply wins.
  return { skipVerify, ...(ca ? { ca } : {}), ...(serverName ? { serverName } : {}) };
}

function credentials(flags: ConnectionFlags, user: UserEntry | undefined, userName: string) {
  const plugin = user?.exec?.command ?? user?.["auth-provider"]?.name;
  const clientCertificate = flags.clientCertificate
    ? readFileSync(flags.clientCertificate, "utf8")
    : dataOrFile(user?.["client-certificate-data"], user?.["client-certificate"]);
  const clientKey = flags.clientKey
    ? readFileSync(flags.clientKey, "utf8")
    : dataOrFile(user?.["client-key-data"], user?.["client-key"]);
  const token =
    flags.token ?? user?.token ?? (user?.tokenFile ? readFileSync(user.tokenFile, "utf8").trim() : undefined);
  if (plugin !== undefined && !token && !clientCertificate) {
    throw new ExitError(
      1,
      `error: user "${userName}" logs in through the plugin "${plugin}", which kl does not run: give a token with --token`,
    );
  }
  return {
    ...(clientCertificate ? { clientCertificate } : {}),
    ...(clientKey ? { clientKey } : {}),
    ...(token ? { token } : {}),
  };
}

/** Of a kl on this machine, unless a flag names another server, or somebody else. */
function localSocket(flags: ConnectionFlags, user: UserEntry | undefined, address: string): { socket?: string } {
  const { server, cluster, token, certificateAuthority, clientCertificate, clientKey, tlsServerName } = flags;
  const given = [server, cluster, token, certificateAuthority, clientCertificate, clientKey, tlsServerName];
  if (given.some((flag) => flag !== undefined && flag !== "") || flags.insecureSkipTlsVerify) return {};
  const local = user?.extensions?.find(({ name }) => name === "kl")?.extension;
  return local?.server === address && typeof local.socket === "string" ? { socket: local.socket } : {};
}

function impersonation({ as, asGroup }: ConnectionFlags): { headers?: Record<string, string | string[]> } {
  if (!as) {
    if (asGroup?.length)
      throw new ExitError(1, "error: requesting uid, groups or user-extra without impersonating a user");
    return {};
  }
  return { headers: { "impersonate-user": as, ...(asGroup?.length ? { "impersonate-group": [...asGroup] } : {}) } };
}

/** Seconds where no unit is given. */
function requestTimeout(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (value === undefined) {
    throw new ExitError(
      1,
      "error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)",
    );
  }
  return value;
}

function dataOrFile(data: string | undefined, file: string | undefined): string | undefined {
  if (data) return Buffer.from(data, "base64").toString();
  return file ? readFileSync(file, "utf8") : undefined;
}
