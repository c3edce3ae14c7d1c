/** kl wait: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_wait/ */
import type { Command } from "commander";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { notFound } from "../../machinery/status/errors.ts";
import { addConnectionFlags, type Cluster, connect } from "../cluster.ts";
import { parseDuration } from "../duration.ts";
import { ExitError } from "../exit-error.ts";
import { addManifestFlags, type ManifestFlags } from "../manifests/flags.ts";
import { readManifests } from "../manifests/read.ts";
import { targetOf } from "../manifests/target.ts";
import { evaluatePath } from "../print/jsonpath/evaluate.ts";
import { parseRelaxedPath } from "../print/jsonpath/parse.ts";
import { parseResourceArguments } from "../rest/resource-arguments.ts";
import { type ApiResource, groupResource, pathOf } from "../rest/resource-mapping.ts";
import { watchUntil } from "../rest/watch-until.ts";

interface WaitFlags extends ManifestFlags {
  readonly for?: string;
  readonly timeout: string;
  readonly selector?: string;
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
}

interface Awaited {
  readonly resource: ApiResource;
  readonly namespace: string | undefined;
  readonly name: string;
}

type Condition = (object: KubeObject | undefined) => boolean;

export function configure(command: Command): void {
  addManifestFlags(addConnectionFlags(command))
    .argument("[TYPE[/NAME] NAME...]", "what to wait for")
    .allowExcessArguments()
    .option("--for <CONDITION>", "condition=NAME[=VALUE], jsonpath=PATH=VALUE, create or delete")
    .option("--timeout <DURATION>", "how long to wait; 0 checks once, less than 0 waits a week", "30s")
    .option("-l, --selector <SELECTOR>", "label selector")
    .option("--all", "all objects of the type")
    .option("-A, --all-namespaces", "across all namespaces")
    .action(async () => {
      const flags = command.opts<WaitFlags>();
      const cluster = connect(command.opts());
      try {
        await wait(cluster, command.args, flags);
      } finally {
        cluster.client.close();
      }
    });
}

async function wait(cluster: Cluster, words: readonly string[], flags: WaitFlags): Promise<void> {
  const goal = flags.for;
  if (!goal) throw new ExitError(1, "error: --for must be specified");
  const condition = parseCondition(goal);
  const awaited = await awaitedObjects(cluster, words, flags);
  if (awaited.length === 0) throw new ExitError(1, "error: no matching resources found");
  const limit = parseDuration(flags.timeout);
  // A week, as kubectl has it; 0 looks once, which needs a moment too.
  const signal = AbortSignal.timeout(limit < 0 ? 604_800_000 : Math.max(limit, 1000));
  const failures: string[] = [];
  for (const object of awaited) {
    try {
      await watchUntil(cluster.client, { ...object, signal }, (state) => {
        if (state === undefined && goal !== "delete" && goal !== "create") {
          throw notFound({ group: object.resource.group, resource: object.resource.plural }, object.name);
        }
        return condition(state);
      });
      const kind =
        object.resource.group === ""
          ? object.resource.singular
          : `${object.resource.singular}.${object.resource.group}`;
      const done = goal === "delete" ? "deleted" : "condition met";
      process.stdout.write(`${kind}/${object.name} ${done}\n`);
    } catch (error) {
      if (!signal.aborted) throw error;
      failures.push(`error: timed out waiting for the condition on ${groupResource(object.resource)}/${object.name}`);
    }
  }
  if (failures.length > 0) throw new ExitError(1, failures.join("\n"));
}

async function awaitedObjects(cluster: Cluster, words: readonly string[], flags: WaitFlags): Promise<Awaited[]> {
  const awaited: Awaited[] = [];
  if (flags.filename) {
    for (const manifest of await readManifests(flags.filename, Boolean(flags.recursive))) {
      const { resource, namespace, name } = await targetOf(cluster, manifest);
      if (name !== undefined) awaited.push({ resource, namespace, name });
    }
    return awaited;
  }
  for (const { resource, names } of await parseResourceArguments(cluster.mapping, words)) {
    const namespace = resource.namespaced ? cluster.namespace : undefined;
    if (names.length > 0) {
      awaited.push(...names.map((name) => ({ resource, namespace, name })));
      continue;
    }
    if (!flags.all && !flags.selector) {
      throw new ExitError(1, "error: resource name may not be empty; use --all or a selector");
    }
    const { items } = await cluster.client.json<{ items: KubeObject[] }>({
      path: pathOf(resource, flags.allNamespaces ? undefined : namespace),
      query: { labelSelector: flags.selector },
    });
    for (const { metadata } of items) {
      if (metadata.name) awaited.push({ resource, namespace: metadata.namespace, name: metadata.name });
    }
  }
  return awaited;
}

interface WithConditions extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly observedGeneration?: number;
    }[];
    readonly observedGeneration?: number;
  };
}

export function parseCondition(goal: string): Condition {
  if (goal === "delete") return (object) => object === undefined;
  if (goal === "create") return (object) => object !== undefined;
  if (goal.startsWith("condition=")) return statusCondition(goal.slice("condition=".length));
  if (goal.startsWith("jsonpath=")) return jsonPathCondition(goal.slice("jsonpath=".length));
  throw new ExitError(1, `error: unrecognized condition: "${goal}"`);
}

/** NAME or NAME=VALUE; a condition that an older generation has set does not count. */
function statusCondition(text: string): Condition {
  const [name = "", value = "true"] = text.split("=");
  return (object) => {
    const { metadata, status } = (object ?? { metadata: {} }) as WithConditions;
    const found = status?.conditions?.find(({ type }) => type.toLowerCase() === name.toLowerCase());
    if (!found) return false;
    const observed = found.observedGeneration ?? status?.observedGeneration;
    if (observed !== undefined && metadata.generation !== undefined && observed < metadata.generation) return false;
    return found.status.toLowerCase() === value.toLowerCase();
  };
}

function jsonPathCondition(text: string): Condition {
  const match = /^('?)(\{.*\}|[^=]+)\1(?:=(.*))?$/s.exec(text);
  if (!match)
    throw new ExitError(
      1,
      `error: jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'`,
    );
  const path = parseRelaxedPath(match[2] ?? "");
  const wanted = match[3]?.replace(/^'(.*)'$/, "$1");
  return (object) => {
    const [value, ...more] = evaluatePath(path, object);
    if (value === undefined || value === null || more.length > 0) return false;
    if (typeof value === "object") return wanted === undefined;
    return wanted === undefined || String(value) === wanted;
  };
}
