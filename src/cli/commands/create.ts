/** kl create -f: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/ */
import type { KubeObject } from "../../machinery/meta/object.ts";
import { withLastApplied } from "../apply/last-applied.ts";
import { type Cluster, withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { Failures } from "../failures.ts";
import {
  dryRunFlags,
  dryRunOf,
  dryRunSuffix,
  fieldValidationOf,
  filenames,
  type ManifestFlags,
  manifestFlags,
  outputFlags,
  validateFlags,
} from "../manifests/flags.ts";
import { readManifests, withLabels } from "../manifests/read.ts";
import { targetOf } from "../manifests/target.ts";
import { resultPrinter } from "../print/result.ts";
import { kindLabel } from "../rest/resource-mapping.ts";

interface CreateFlags extends ManifestFlags {
  readonly fieldManager: string;
  readonly saveConfig?: boolean;
  readonly selector?: string;
}

export const command = defineCommand<CreateFlags>({
  usage: "-f FILENAME [flags]",
  flags: {
    ...manifestFlags,
    ...outputFlags,
    ...dryRunFlags,
    ...validateFlags,
    "field-manager": { type: "string", usage: "name of the manager of the fields", default: "kubectl-create" },
    "save-config": { type: "bool", usage: "remember what was said, for a later apply" },
    selector: { type: "string", short: "l", usage: "only the objects of the manifests with these labels" },
  },
  run: ({ flags }) => withCluster(flags, (cluster) => create(cluster, flags)),
});

async function create(cluster: Cluster, flags: CreateFlags): Promise<void> {
  const mode = dryRunOf(flags);
  const fieldValidation = fieldValidationOf(flags);
  const print = await resultPrinter(flags);
  const manifests = await withLabels(await readManifests(filenames(flags), Boolean(flags.recursive)), flags.selector);
  if (manifests.length === 0) throw new ExitError(1, "error: no objects passed to create");
  const failures = new Failures();
  for (const manifest of manifests) {
    try {
      const target = await targetOf(cluster, manifest);
      const object = flags.saveConfig ? withLastApplied(target.object) : target.object;
      const created =
        mode === "client"
          ? object
          : await cluster.client.json<KubeObject>({
              method: "POST",
              path: target.collectionPath,
              query: {
                fieldManager: flags.fieldManager,
                fieldValidation,
                dryRun: mode === "server" ? "All" : undefined,
              },
              body: JSON.stringify(object),
            });
      const label = `${kindLabel(target.resource)}/${created.metadata.name ?? ""}`;
      print(label, `created${dryRunSuffix(mode)}`, created);
    } catch (error) {
      failures.add(error, `error when creating "${manifest.source}"`);
    }
  }
  failures.throwIfAny();
}
