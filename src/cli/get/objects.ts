/** `kl get -o FORMAT` for programs: the objects themselves. */
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { objectPrinter } from "../print/output-format.ts";
import { fetchTargets, selectTargets } from "../rest/select.ts";
import type { GetFlags } from "./flags.ts";

export async function printObjects(cluster: Cluster, words: readonly string[], flags: GetFlags): Promise<void> {
  const print = await objectPrinter(flags.output ?? "", {
    showManagedFields: Boolean(flags.showManagedFields),
    noHeaders: Boolean(flags.noHeaders),
    ...(flags.template ? { template: flags.template } : {}),
  });
  const targets = await selectTargets(cluster, words, flags, { listing: true });
  const { found, errors } = await fetchTargets(cluster, targets, flags);
  const items = found.map(({ object }) => object);
  if (flags.sortBy) {
    const { compileSortBy } = await import("../print/sort-by.ts");
    items.sort(compileSortBy(flags.sortBy));
  }
  const [only] = items;
  const single = targets.length === 1 && targets[0]?.name !== undefined;
  if (single) {
    if (only) process.stdout.write(print(only));
  } else if (items.length > 0 || errors.length === 0) {
    process.stdout.write(print({ apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items }));
  }
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}
