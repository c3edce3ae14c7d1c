/** kl config: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_config/ */
import { readFileSync } from "node:fs";
import { type CommandGroup, defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { kubeconfigFiles, loadKubeconfig } from "../kubeconfig/load.ts";
import type { Kubeconfig } from "../kubeconfig/types.ts";
import { objectPrinter } from "../print/output-format.ts";
import { alignRows } from "../print/table.ts";

interface ConfigFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly output: string;
  readonly raw?: boolean;
  readonly minify?: boolean;
  readonly flatten?: boolean;
  readonly noHeaders?: boolean;
}

export const command: CommandGroup = {
  subcommands: {
    "current-context": {
      summary: "Show the current context",
      ...defineCommand<ConfigFlags>({
        usage: "[flags]",
        flags: {},
        async run({ flags }) {
          const name = (await load(flags))["current-context"];
          if (!name) throw new ExitError(1, "error: current-context is not set");
          process.stdout.write(`${name}\n`);
        },
      }),
    },
    "get-contexts": {
      summary: "List the contexts",
      ...defineCommand<ConfigFlags>({
        usage: "[NAME…] [flags]",
        flags: {
          output: { type: "string", short: "o", usage: "name: only the names", default: "" },
          "no-headers": { type: "bool", usage: "without the header line" },
        },
        run: ({ words, flags }) => getContexts(words, flags),
      }),
    },
    view: {
      summary: "Show the merged kubeconfig",
      ...defineCommand<ConfigFlags>({
        usage: "[flags]",
        flags: {
          output: { type: "string", short: "o", usage: "yaml, json, jsonpath=…", default: "yaml" },
          raw: { type: "bool", usage: "with keys and certificates" },
          minify: { type: "bool", usage: "only what the current context uses" },
          flatten: { type: "bool", usage: "with the contents of the files that it names" },
          template: { type: "string", usage: "the template, with -o jsonpath and its like" },
        },
        run: ({ flags }) => view(flags),
      }),
    },
  },
};

function load(flags: ConfigFlags): Promise<Kubeconfig> {
  return loadKubeconfig(kubeconfigFiles(flags.kubeconfig, process.env));
}

async function view(flags: ConfigFlags): Promise<void> {
  let config = await load(flags);
  if (flags.minify) config = minified(config, flags.context);
  if (flags.flatten) config = flattened(config);
  const shown = flags.raw || flags.flatten ? config : redacted(config);
  if (flags.output === "json") {
    process.stdout.write(`${JSON.stringify(inOrder(shown), null, 4)}\n`);
    return;
  }
  const print = await objectPrinter(flags.output, { showManagedFields: true, noHeaders: false });
  process.stdout.write(print(noneAsNull(shown)));
}

async function getContexts(names: readonly string[], flags: ConfigFlags): Promise<void> {
  const config = await load(flags);
  const all = [...(config.contexts ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  const missing = names.filter((name) => !all.some((context) => context.name === name));
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  if (flags.output === "name") process.stdout.write(chosen.map(({ name }) => `${name}\n`).join(""));
  else if (flags.output) throw new ExitError(1, `error: output must be one of '' or 'name': ${flags.output}`);
  else {
    const rows = chosen.map(({ name, context }) => [
      name === config["current-context"] ? "*" : "",
      name,
      context?.cluster ?? "",
      context?.user ?? "",
      context?.namespace ?? "",
    ]);
    const header = flags.noHeaders ? [] : [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]];
    process.stdout.write(alignRows([...header, ...rows]));
  }
  if (missing.length > 0) throw new ExitError(1, missing.map((name) => `error: context ${name} not found`).join("\n"));
}

/** Go writes an empty list as null. */
function noneAsNull(config: Kubeconfig): Kubeconfig {
  const list = <T>(entries: readonly T[] | null | undefined): readonly T[] | null => (entries?.length ? entries : null);
  return {
    ...config,
    clusters: list(config.clusters),
    contexts: list(config.contexts),
    users: list(config.users),
  };
}

const order = [
  ["kind", "apiVersion", "clusters", "users", "contexts", "current-context"],
  ["name", "cluster", "user", "context"],
  ["server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority", "certificate-authority-data"],
  ["cluster", "user", "namespace"],
].flat();

/** As JSON the fields stand in the order of Go's types, not of the alphabet. */
function inOrder(config: Kubeconfig): unknown {
  const { clusters, users, contexts } = noneAsNull(config);
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b));
    return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
  };
  return {
    kind: config.kind,
    apiVersion: config.apiVersion,
    clusters: clusters?.map(sorted) ?? null,
    users: users?.map(sorted) ?? null,
    contexts: contexts?.map(sorted) ?? null,
    "current-context": config["current-context"],
  };
}

function rank(key: string): number {
  const index = order.indexOf(key);
  return index < 0 ? order.length : index;
}

/** Files become data, so that the result stands alone. */
function flattened(config: Kubeconfig): Kubeconfig {
  const embed = (entry: object | undefined, fields: readonly string[]): object => {
    const copy: Record<string, unknown> = { ...entry };
    for (const field of fields) {
      const file = copy[field];
      if (typeof file !== "string") continue;
      delete copy[field];
      copy[`${field}-data`] = readFileSync(file).toString("base64");
    }
    return copy;
  };
  return {
    ...config,
    clusters: (config.clusters ?? []).map(({ name, cluster }) => ({
      name,
      cluster: embed(cluster, ["certificate-authority"]),
    })),
    users: (config.users ?? []).map(({ name, user }) => ({
      name,
      user: embed(user, ["client-certificate", "client-key"]),
    })),
  };
}

function minified(config: Kubeconfig, wanted: string | undefined): Kubeconfig {
  const name = wanted ?? config["current-context"] ?? "";
  const context = (config.contexts ?? []).find((entry) => entry.name === name);
  if (!context) throw new ExitError(1, `error: cannot locate context ${name}`);
  return {
    ...config,
    "current-context": name,
    contexts: [context],
    clusters: (config.clusters ?? []).filter((entry) => entry.name === context.context?.cluster),
    users: (config.users ?? []).filter((entry) => entry.name === context.context?.user),
  };
}

function redacted(config: Kubeconfig): Kubeconfig {
  const hide = (entry: object | undefined, fields: Record<string, string>): object => {
    const copy: Record<string, unknown> = { ...entry };
    for (const [field, text] of Object.entries(fields)) if (copy[field]) copy[field] = text;
    return copy;
  };
  return {
    ...config,
    clusters: (config.clusters ?? []).map(({ name, cluster }) => ({
      name,
      cluster: hide(cluster, { "certificate-authority-data": "DATA+OMITTED" }),
    })),
    users: (config.users ?? []).map(({ name, user }) => ({
      name,
      user: hide(user, {
        "client-certificate-data": "DATA+OMITTED",
        "client-key-data": "DATA+OMITTED",
        token: "REDACTED",
      }),
    })),
  };
}
