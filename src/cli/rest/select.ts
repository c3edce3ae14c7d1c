/** What a command is about: the objects of manifests, or those that the words and selectors of the command line name. */
import type { KubeObject, UnstructuredObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { Cluster } from "../cluster.ts";
import { ExitError } from "../exit-error.ts";
import { serverErrorLine } from "../print/error.ts";
import { nothingNamed, parseResourceArguments } from "./resource-arguments.ts";
import { type ApiResource, groupVersion, pathOf } from "./resource-mapping.ts";

export interface SelectFlags {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  readonly chunkSize?: number;
}

/** All objects of a type in one place, or one object. */
export interface Target {
  readonly resource: ApiResource;
  /** Undefined: cluster-scoped, or all namespaces. */
  readonly namespace: string | undefined;
  /** Undefined: all that the selectors leave. */
  readonly name: string | undefined;
  /** The manifest that named it. */
  readonly source?: string;
}

export interface NamedTarget extends Target {
  readonly name: string;
}

export interface Found {
  readonly target: Target;
  readonly object: UnstructuredObject;
}

/** `listing`: whether a type alone means all its objects, as for get and describe. */
export async function selectTargets(
  cluster: Cluster,
  words: readonly string[],
  flags: SelectFlags,
  { listing }: { listing: boolean },
): Promise<readonly Target[]> {
  if (flags.filename?.length) {
    if (words.length > 0) {
      throw new ExitError(
        1,
        "error: when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
      );
    }
    const [{ readManifests }, { targetOf }] = await Promise.all([
      import("../manifests/read.ts"),
      import("../manifests/target.ts"),
    ]);
    const targets: Target[] = [];
    for (const manifest of await readManifests(flags.filename, Boolean(flags.recursive))) {
      const { resource, namespace, name, source } = await targetOf(cluster, manifest);
      targets.push({ resource, namespace, name, source });
    }
    return targets;
  }
  if (words.length === 0) throw new ExitError(1, nothingNamed);
  const selecting = Boolean(flags.selector || flags.fieldSelector);
  if (flags.all && selecting) throw new ExitError(1, "error: setting 'all' parameter but found a non empty selector. ");
  const slashed = words.some((word) => word.includes("/"));
  if (slashed && (flags.all || flags.selector)) {
    throw new ExitError(1, "error: selectors and the all flag cannot be used when passing resource/name arguments");
  }
  const targets: Target[] = [];
  for (const { resource, names } of await parseResourceArguments(cluster.mapping, words)) {
    const namespace = resource.namespaced && !flags.allNamespaces ? cluster.namespace : undefined;
    if (names.length === 0) {
      if (!listing && !flags.all && !selecting) {
        throw new ExitError(1, "error: resource(s) were provided, but no name was specified");
      }
      targets.push({ resource, namespace, name: undefined });
      continue;
    }
    if (selecting && !slashed) throw new ExitError(1, "error: name cannot be provided when a selector is specified");
    if (flags.allNamespaces && resource.namespaced) {
      throw new ExitError(1, "error: a resource cannot be retrieved by name across all namespaces");
    }
    targets.push(...names.map((name) => ({ resource, namespace, name })));
  }
  return targets;
}

/** The objects themselves. What the server refuses is a line of `errors`; the others go on. */
export async function fetchTargets(
  cluster: Cluster,
  targets: readonly Target[],
  flags: SelectFlags & { readonly ignoreNotFound?: boolean },
): Promise<{ readonly found: readonly Found[]; readonly errors: readonly string[] }> {
  const found: Found[] = [];
  const errors: string[] = [];
  for (const target of targets) {
    try {
      if (target.name === undefined) {
        for (const object of await listObjects(cluster, target, flags)) found.push({ target, object });
      } else {
        const path = pathOf(target.resource, target.namespace, target.name);
        found.push({ target, object: await cluster.client.json<UnstructuredObject>({ path }) });
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (!(flags.ignoreNotFound && error.code === 404)) errors.push(serverErrorLine(error));
    }
  }
  return { found, errors };
}

/** Every object by its name: lists are looked up. */
export async function namedTargets(
  cluster: Cluster,
  targets: readonly Target[],
  flags: SelectFlags,
): Promise<readonly NamedTarget[]> {
  const named: NamedTarget[] = [];
  for (const target of targets) {
    if (target.name !== undefined) {
      named.push({ ...target, name: target.name });
      continue;
    }
    for (const { metadata } of await listObjects(cluster, target, flags)) {
      named.push({ ...target, namespace: metadata.namespace, name: metadata.name ?? "" });
    }
  }
  return named;
}

/** Items of a typed list carry no kind of their own; they get it here. */
export async function listObjects(
  cluster: Cluster,
  { resource, namespace }: Target,
  { selector, fieldSelector, chunkSize = 500 }: SelectFlags,
): Promise<UnstructuredObject[]> {
  const pages = await listPages<{ metadata: { continue?: string }; items?: KubeObject[] }>(
    cluster,
    pathOf(resource, namespace),
    { labelSelector: selector, fieldSelector },
    "application/json",
    chunkSize,
  );
  return pages
    .flatMap(({ items }) => items ?? [])
    .map((item) => ({ apiVersion: groupVersion(resource), kind: resource.kind, ...item }));
}

/** Follows `continue` to the end. */
export async function listPages<T extends { metadata: { continue?: string } }>(
  cluster: Cluster,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  accept: string,
  limit: number,
): Promise<T[]> {
  const pages: T[] = [];
  let token: string | undefined;
  do {
    const page = await cluster.client
      .json<T>({ path, query: { ...query, limit: limit > 0 ? limit : undefined, continue: token }, accept })
      .catch((error: unknown) => {
        throw explained(error, path, query);
      });
    pages.push(page);
    token = page.metadata?.continue || undefined;
  } while (token);
  return pages;
}

/** kubectl adds what it was looking for when the server does not like a list's selectors. */
function explained(error: unknown, path: string, query: Readonly<Record<string, string | undefined>>): unknown {
  if (!(error instanceof StatusError) || (error.reason !== "BadRequest" && error.reason !== "NotFound")) return error;
  const [, group = "", version, plural] =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(?:namespaces\/[^/]+\/)?([^/]+)$/.exec(path) ?? [];
  const { labelSelector = "", fieldSelector = "" } = query;
  const what = `"${group}/${version}, Resource=${plural}"`;
  const message =
    labelSelector === "" && fieldSelector === ""
      ? `Unable to list ${what}: ${error.message}`
      : `Unable to find ${what} that match label selector "${labelSelector}", field selector "${fieldSelector}": ${error.message}`;
  return new StatusError({ ...error.status, message }, { cause: error });
}
