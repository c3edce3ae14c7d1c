/** kl get: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_get/ */
import type { Cluster } from "../cluster.ts";
import { withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import type { GetFlags } from "../get/flags.ts";
import { printTables } from "../get/tables.ts";
import { selectTargets } from "../rest/select.ts";

export const command = defineCommand<GetFlags>({
  usage: "(-f FILENAME | TYPE[.VERSION][.GROUP] [NAME… | -l SELECTOR] | TYPE/NAME…) [-o FORMAT] [flags]",
  flags: {
    output: { type: "string", short: "o", usage: "wide, yaml, json, name, jsonpath=…, custom-columns=…" },
    watch: { type: "bool", short: "w", usage: "after listing, watch for changes" },
    "watch-only": { type: "bool", usage: "watch for changes without listing first" },
    "output-watch-events": { type: "bool", usage: "with --watch: the events, not only their objects" },
    "all-namespaces": { type: "bool", short: "A", usage: "across all namespaces" },
    selector: { type: "string", short: "l", usage: "label selector" },
    "field-selector": { type: "string", usage: "field selector" },
    "label-columns": { type: "strings", short: "L", usage: "labels to show as columns" },
    "show-labels": { type: "bool", usage: "show all labels in the last column" },
    "show-kind": { type: "bool", usage: "show the kind with the name" },
    "no-headers": { type: "bool", usage: "without the header line" },
    "ignore-not-found": { type: "bool", usage: "print nothing and succeed where an object does not exist" },
    "show-managed-fields": { type: "bool", usage: "keep managedFields in yaml and json" },
    "sort-by": { type: "string", usage: "sort by this JSONPath" },
    template: { type: "string", usage: "the template, with -o jsonpath and its like" },
    "chunk-size": { type: "int", usage: "list in pages of this many; 0: all at once", default: 500 },
    "server-print": { type: "bool", usage: "accepted, for scripts written for kubectl", default: true, hidden: true },
    subresource: { type: "string", usage: "this subresource: status, scale" },
    raw: { type: "string", usage: "print the answer to a GET of this path" },
    filename: { type: "strings", short: "f", usage: "what the manifests of this file, folder or URL name" },
    recursive: { type: "bool", short: "R", usage: "look into folders below, too" },
  },
  run: ({ words, flags }) =>
    withCluster(flags, async (cluster) => {
      if (flags.raw === undefined) return get(cluster, words, flags);
      if (words.length > 0) throw new ExitError(1, "error: arguments may not be passed when --raw is specified");
      process.stdout.write(await cluster.client.text({ path: flags.raw, raw: true }));
    }),
});

async function get(cluster: Cluster, words: readonly string[], flags: GetFlags): Promise<void> {
  if (words.length === 0 && !flags.filename) {
    throw new ExitError(
      1,
      `You must specify the type of resource to get. Use "kl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kl explain <resource>" for a detailed description of that resource (e.g. kl explain pods).
See 'kl get -h' for help and examples`,
    );
  }
  // What is asked for most pays for nothing else: the other ways of printing are loaded when they are wanted.
  const asTable = !flags.output || flags.output === "wide";
  if (flags.watch || flags.watchOnly) {
    const { watch } = await import("../get/watch.ts");
    return watch(cluster, words, flags);
  }
  if (!asTable) {
    const { printObjects } = await import("../get/objects.ts");
    return printObjects(cluster, words, flags);
  }
  await printTables(cluster, await selectTargets(cluster, words, flags, { listing: true }), flags);
}
