/** kl apply -f: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_apply/ (client-side) */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import { lastAppliedAnnotation, lastAppliedOf, withLastApplied } from "../apply/last-applied.ts";
import { createApplyPatch } from "../apply/patch.ts";
import { type Cluster, withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { Failures, withContext } from "../failures.ts";
import {
  dryRunFlags,
  dryRunOf,
  dryRunSuffix,
  fieldValidationOf,
  filenames,
  type ManifestFlags,
  manifestFlags,
  outputFlags,
  refuseWords,
  validateFlags,
} from "../manifests/flags.ts";
import { type Manifest, readManifests, withLabels } from "../manifests/read.ts";
import { type ManifestTarget, targetOf } from "../manifests/target.ts";
import { type ResultPrinter, resultPrinter } from "../print/result.ts";

interface ApplyFlags extends ManifestFlags {
  readonly serverSide?: boolean;
  readonly forceConflicts?: boolean;
  readonly fieldManager: string;
  readonly selector?: string;
}

/** Someone else may write between our read and our patch. */
const conflictAttempts = 5;

export const command = defineCommand<ApplyFlags>({
  usage: "-f FILENAME [flags]",
  flags: {
    ...manifestFlags,
    ...outputFlags,
    ...dryRunFlags,
    ...validateFlags,
    "server-side": { type: "bool", usage: "let the server merge" },
    "force-conflicts": { type: "bool", usage: "with --server-side: take over fields of other managers" },
    "field-manager": {
      type: "string",
      usage: "name of the manager of the fields",
      default: "kubectl-client-side-apply",
    },
    selector: { type: "string", short: "l", usage: "only the objects of the manifests with these labels" },
  },
  run({ words, flags }) {
    refuseWords("apply", words);
    return withCluster(flags, (cluster) => apply(cluster, flags));
  },
});

async function apply(cluster: Cluster, flags: ApplyFlags): Promise<void> {
  dryRunOf(flags);
  fieldValidationOf(flags);
  const print = await resultPrinter(flags);
  const manifests = await readManifests(filenames(flags), Boolean(flags.recursive));
  const chosen = await withLabels(manifests, flags.selector);
  if (chosen.length === 0) throw new ExitError(1, "error: no objects passed to apply");
  const failures = new Failures();
  for (const manifest of chosen) {
    try {
      await applyOne(cluster, manifest, flags, print);
    } catch (error) {
      failures.add(error);
    }
  }
  failures.throwIfAny();
}

async function applyOne(cluster: Cluster, manifest: Manifest, flags: ApplyFlags, print: ResultPrinter): Promise<void> {
  const target = await targetOf(cluster, manifest);
  if (target.path === undefined) {
    throw new ExitError(
      1,
      `error: from ${manifest.object.metadata.generateName ?? ""}: cannot use generate name with apply`,
    );
  }
  if (flags.serverSide) return applyServerSide(cluster, target, target.path, flags, print);
  const current = await read(cluster, target.path);
  if (!current) return create(cluster, target, flags, print);
  return update(cluster, target, target.path, current, flags, print);
}

async function read(cluster: Cluster, path: string): Promise<UnstructuredObject | undefined> {
  try {
    return await cluster.client.json<UnstructuredObject>({ path });
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}

function writeQuery(flags: ApplyFlags): Record<string, string | undefined> {
  return {
    fieldManager: flags.fieldManager,
    fieldValidation: fieldValidationOf(flags),
    dryRun: dryRunOf(flags) === "server" ? "All" : undefined,
  };
}

async function create(
  cluster: Cluster,
  target: ManifestTarget,
  flags: ApplyFlags,
  print: ResultPrinter,
): Promise<void> {
  const mode = dryRunOf(flags);
  const object = withLastApplied(target.object);
  let created: object = object;
  if (mode !== "client") {
    try {
      created = await cluster.client.json<object>({
        method: "POST",
        path: target.collectionPath,
        query: writeQuery(flags),
        body: JSON.stringify(object),
      });
    } catch (error) {
      throw withContext(error, `error when creating "${target.source}"`);
    }
  }
  print(target.label, `created${dryRunSuffix(mode)}`, created);
}

async function update(
  cluster: Cluster,
  target: ManifestTarget,
  path: string,
  found: UnstructuredObject,
  flags: ApplyFlags,
  print: ResultPrinter,
): Promise<void> {
  const mode = dryRunOf(flags);
  const modified = withLastApplied(target.object);
  let current = found;
  if (!current.metadata.annotations?.[lastAppliedAnnotation]) {
    process.stderr.write(
      `Warning: resource ${target.resource.plural}/${target.name} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  for (let attempt = 1; ; attempt += 1) {
    const { contentType, patch } = createApplyPatch(lastAppliedOf(current), modified, current);
    if (mode !== "client" && Object.keys(patch).length === 0) {
      return print(target.label, `unchanged${dryRunSuffix(mode)}`, current);
    }
    if (mode === "client") return print(target.label, `configured${dryRunSuffix(mode)}`, modified);
    try {
      const patched = await cluster.client.json<UnstructuredObject>({
        method: "PATCH",
        path,
        query: writeQuery(flags),
        contentType,
        body: JSON.stringify(patch),
      });
      return print(target.label, `configured${dryRunSuffix(mode)}`, patched);
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 409 || attempt === conflictAttempts) {
        throw withContext(error, `error when patching "${target.source}"`);
      }
      current = await cluster.client.json<UnstructuredObject>({ path });
    }
  }
}

async function applyServerSide(
  cluster: Cluster,
  target: ManifestTarget,
  path: string,
  flags: ApplyFlags,
  print: ResultPrinter,
): Promise<void> {
  const manager = flags.fieldManager === "kubectl-client-side-apply" ? "kubectl" : flags.fieldManager;
  const applied = await cluster.client.json<object>({
    method: "PATCH",
    path,
    query: { ...writeQuery(flags), fieldManager: manager, force: flags.forceConflicts },
    contentType: "application/apply-patch+yaml",
    body: JSON.stringify(target.object),
  });
  print(target.label, `serverside-applied${dryRunSuffix(dryRunOf(flags))}`, applied);
}
