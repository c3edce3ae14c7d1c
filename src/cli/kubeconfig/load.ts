/**
 * Finds and merges kubeconfig files as kubectl does: --kubeconfig, or every file of KUBECONFIG (the first to say something
 * wins), or the one of the local `kl` (~/.kl/kubeconfig.yaml) where it is, or ~/.kube/config.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { ExitError } from "../exit-error.ts";
import { parseSimpleYaml } from "./simple-yaml.ts";
import type { ClusterEntry, Kubeconfig, UserEntry } from "./types.ts";

export function kubeconfigFiles(flag: string | undefined, environment: NodeJS.ProcessEnv): readonly string[] {
  if (flag) return [flag];
  const listed = (environment.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  if (listed.length > 0) return listed;
  const own = join(homedir(), ".kl", "kubeconfig.yaml");
  return [existsSync(own) ? own : join(homedir(), ".kube", "config")];
}

/** Paths inside a file are relative to it; they come out absolute. A missing file of a list counts as empty. */
export async function loadKubeconfig(files: readonly string[]): Promise<Kubeconfig> {
  const parts = await Promise.all(files.filter((file) => existsSync(file)).map(readKubeconfig));
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

async function readKubeconfig(file: string): Promise<Kubeconfig> {
  let parsed: unknown;
  try {
    const text = readFileSync(file, "utf8");
    parsed = parseSimpleYaml(text) ?? (await import("yaml")).default.parse(text);
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
