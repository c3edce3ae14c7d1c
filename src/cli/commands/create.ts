/** kl create -f: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/ */
import type { Command } from "commander";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { addConnectionFlags, connect } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import {
  addDryRunFlag,
  addManifestFlags,
  dryRunOf,
  dryRunSuffix,
  fieldValidationOf,
  filenames,
  type ManifestFlags,
} from "../manifests/flags.ts";
import { readManifests } from "../manifests/read.ts";
import { targetOf } from "../manifests/target.ts";
import { serverErrorLine } from "../print/error.ts";
import { resultPrinter } from "../print/result.ts";

export function configure(command: Command): void {
  addDryRunFlag(addManifestFlags(addConnectionFlags(command))).action(async () => {
    const flags = command.opts<ManifestFlags>();
    const cluster = connect(command.opts());
    const mode = dryRunOf(flags);
    const print = await resultPrinter(flags);
    const failures: string[] = [];
    try {
      for (const manifest of await readManifests(filenames(flags), Boolean(flags.recursive))) {
        try {
          const target = await targetOf(cluster, manifest);
          const created =
            mode === "client"
              ? target.object
              : await cluster.client.json<KubeObject>({
                  method: "POST",
                  path: target.collectionPath,
                  query: {
                    fieldManager: "kubectl-create",
                    fieldValidation: fieldValidationOf(flags),
                    dryRun: mode === "server" ? "All" : undefined,
                  },
                  body: JSON.stringify(target.object),
                });
          const kindLabel = target.label.slice(0, target.label.indexOf("/"));
          print(`${kindLabel}/${created.metadata.name ?? ""}`, `created${dryRunSuffix(mode)}`, created);
        } catch (error) {
          if (!(error instanceof StatusError)) throw error;
          failures.push(serverErrorLine(error, `error when creating "${manifest.source}"`));
        }
      }
    } finally {
      cluster.client.close();
    }
    if (failures.length > 0) throw new ExitError(1, failures.join("\n"));
  });
}
