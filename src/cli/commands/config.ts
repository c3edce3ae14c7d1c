/** kl config: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_config/ */
import type { Command } from "commander";
import { ExitError } from "../exit-error.ts";
import { kubeconfigFiles, loadKubeconfig } from "../kubeconfig/load.ts";
import type { Kubeconfig } from "../kubeconfig/types.ts";
import { objectPrinter } from "../print/output-format.ts";
import { alignRows } from "../print/table.ts";

export function configure(command: Command): void {
  const load = (flags: { kubeconfig?: string }): Kubeconfig =>
    loadKubeconfig(kubeconfigFiles(flags.kubeconfig, process.env));
  const subcommand = (name: string, summary: string): Command =>
    command.command(name).description(summary).option("--kubeconfig <FILE>", "path to the kubeconfig file");

  const view = subcommand("view", "Show the merged kubeconfig")
    .option("-o, --output <FORMAT>", "yaml, json, jsonpath=…", "yaml")
    .option("--raw", "with keys and certificates")
    .option("--minify", "only what the current context uses")
    .option("--context <NAME>", "with --minify: this context instead of the current one");
  view.action(async () => {
    const flags = view.opts<{
      kubeconfig?: string;
      output: string;
      raw?: boolean;
      minify?: boolean;
      context?: string;
    }>();
    let config = load(flags);
    if (flags.minify) config = minified(config, flags.context);
    const print = await objectPrinter(flags.output, { showManagedFields: true, noHeaders: false });
    process.stdout.write(print(flags.raw ? config : redacted(config)));
  });

  const current = subcommand("current-context", "Show the current context");
  current.action(() => {
    const name = load(current.opts())["current-context"];
    if (!name) throw new ExitError(1, "error: current-context is not set");
    process.stdout.write(`${name}\n`);
  });

  const contexts = subcommand("get-contexts", "List the contexts");
  contexts.action(() => {
    const config = load(contexts.opts());
    const rows = (config.contexts ?? []).map(({ name, context }) => [
      name === config["current-context"] ? "*" : "",
      name,
      context?.cluster ?? "",
      context?.user ?? "",
      context?.namespace ?? "",
    ]);
    process.stdout.write(alignRows([["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"], ...rows]));
  });
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
