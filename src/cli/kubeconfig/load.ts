/**
 * Finds and merges kubeconfig files as kubectl does: --kubeconfig, or every file of KUBECONFIG (the first to say something
 * wins), or the one of the local `kl` (~/.kl/kubeconfig.yaml) where it is, or ~/.kube/config.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import { ExitError } from "../exit-error.ts";
import type { ClusterEntry, Connection, Kubeconfig, UserEntry } from "./types.ts";

export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly server?: string;
}

export function kubeconfigFiles(flag: string | undefined, environment: NodeJS.ProcessEnv): readonly string[] {
  if (flag) return [flag];
  const listed = (environment.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  if (listed.length > 0) return listed;
  const own = join(homedir(), ".kl", "kubeconfig.yaml");
  return [existsSync(own) ? own : join(homedir(), ".kube", "config")];
}

/** Paths inside a file are relative to it; they come out absolute. A missing file of a list counts as empty. */
export function loadKubeconfig(files: readonly string[]): Kubeconfig {
  const parts = files.filter((file) => existsSync(file)).map(readKubeconfig);
  const merged = <E extends { readonly name: string }>(
    pick: (part: Kubeconfig) => readonly E[] | null | undefined,
  ): E[] => {
    const byName = new Map<string, E>();
    for (const part of parts) {
      for (const entry of pick(part) ?? []) if (!byName.has(entry.name)) byName.set(entry.name, entry);
    }
    return [...byName.values()];
  };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: merged((part) => part.clusters),
    contexts: merged((part) => part.contexts),
    users: merged((part) => part.users),
    "current-context": parts.map((part) => part["current-context"]).find((name) => name) ?? "",
  };
}

function readKubeconfig(file: string): Kubeconfig {
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ExitError(1, `error: error loading config file "${file}": ${(error as Error).message.split("\n")[0]}`);
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== "object" || Array.isArray(parsed)) {
    throw new ExitError(1, `error: error loading config file "${file}": not a kubeconfig`);
  }
  const config = parsed as Kubeconfig;
  const absolute = <K extends string>(
    entry: { readonly [name: string]: unknown },
    keys: readonly K[],
  ): Record<string, string> => {
    const resolved: Record<string, string> = {};
    for (const key of keys) {
      const path = entry[key];
      if (typeof path === "string" && path !== "") resolved[key] = isAbsolute(path) ? path : join(dirname(file), path);
    }
    return resolved;
  };
  return {
    ...config,
    clusters: (config.clusters ?? []).map(({ name, cluster = {} }) => ({
      name,
      cluster: { ...cluster, ...absolute({ ...cluster }, ["certificate-authority"]) } as ClusterEntry,
    })),
    users: (config.users ?? []).map(({ name, user = {} }) => ({
      name,
      user: { ...user, ...absolute({ ...user }, ["client-certificate", "client-key", "tokenFile"]) } as UserEntry,
    })),
  };
}

export function resolveConnection(flags: ConnectionFlags, environment: NodeJS.ProcessEnv): Connection {
  const config = loadKubeconfig(kubeconfigFiles(flags.kubeconfig, environment));
  const contextName = flags.context ?? config["current-context"] ?? "";
  const context = (config.contexts ?? []).find(({ name }) => name === contextName)?.context;
  if (flags.context !== undefined && !context) {
    throw new ExitError(1, `error: context "${flags.context}" does not exist`);
  }
  const cluster = (config.clusters ?? []).find(({ name }) => name === context?.cluster)?.cluster;
  const user = (config.users ?? []).find(({ name }) => name === context?.user)?.user;
  const server = flags.server ?? cluster?.server;
  if (!server) {
    throw new ExitError(
      1,
      "error: no cluster to talk to: start one with `kl server`, or name a kubeconfig with --kubeconfig or KUBECONFIG",
    );
  }
  const ca = dataOrFile(cluster?.["certificate-authority-data"], cluster?.["certificate-authority"]);
  const clientCertificate = dataOrFile(user?.["client-certificate-data"], user?.["client-certificate"]);
  const clientKey = dataOrFile(user?.["client-key-data"], user?.["client-key"]);
  const token = user?.token ?? (user?.tokenFile ? readFileSync(user.tokenFile, "utf8").trim() : undefined);
  return {
    server: server.replace(/\/+$/, ""),
    ...(ca ? { ca } : {}),
    ...(clientCertificate ? { clientCertificate } : {}),
    ...(clientKey ? { clientKey } : {}),
    ...(token ? { token } : {}),
    skipVerify: cluster?.["insecure-skip-tls-verify"] ?? false,
    ...(cluster?.["tls-server-name"] ? { serverName: cluster["tls-server-name"] } : {}),
    namespace: flags.namespace ?? context?.namespace ?? "default",
  };
}

function dataOrFile(data: string | undefined, file: string | undefined): string | undefined {
  if (data) return Buffer.from(data, "base64").toString();
  return file ? readFileSync(file, "utf8") : undefined;
}
