/** kl wait: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_wait/ */
import type { KubeObject } from "../../machinery/meta/object.ts";
import { notFound } from "../../machinery/status/errors.ts";
import { type Cluster, withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { manifestFlags } from "../manifests/flags.ts";
import { evaluatePath } from "../print/jsonpath/evaluate.ts";
import { parseRelaxedPath } from "../print/jsonpath/parse.ts";
import { resultPrinter } from "../print/result.ts";
import { kindLabel } from "../rest/resource-mapping.ts";
import { type NamedTarget, namedTargets, type SelectFlags, selectTargets } from "../rest/select.ts";
import { watchUntil } from "../rest/watch-until.ts";

interface WaitFlags extends SelectFlags {
  readonly for: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly output?: string;
}

type Condition = (object: KubeObject | undefined) => boolean;

export const command = defineCommand<WaitFlags>({
  usage: "(-f FILENAME | TYPE/NAME… | TYPE (NAME | -l SELECTOR | --all)) --for=CONDITION [flags]",
  flags: {
    ...manifestFlags,
    for: { type: "string", usage: "condition=NAME[=VALUE], jsonpath=PATH[=VALUE], create or delete", default: "" },
    timeout: { type: "duration", usage: "how long to wait; 0 checks once, less than 0 waits a week", default: 30_000 },
    selector: { type: "string", short: "l", usage: "label selector" },
    "field-selector": { type: "string", usage: "field selector" },
    all: { type: "bool", usage: "all objects of the type" },
    "all-namespaces": { type: "bool", short: "A", usage: "across all namespaces" },
    output: { type: "string", short: "o", usage: "yaml, json, name, jsonpath=…" },
  },
  run: ({ words, flags }) => withCluster(flags, (cluster) => wait(cluster, words, flags)),
});

async function wait(cluster: Cluster, words: readonly string[], flags: WaitFlags): Promise<void> {
  const condition = parseCondition(flags.for);
  const print = await resultPrinter(flags);
  const targets = await selectTargets(cluster, words, flags, { listing: false });
  const awaited = await namedTargets(cluster, targets, flags);
  if (awaited.length === 0) throw new ExitError(1, "error: no matching resources found");
  // A week, as kubectl has it; 0 looks once, which needs a moment too.
  const limit = flags.timeout < 0 ? 604_800_000 : Math.max(flags.timeout, 1000);
  const signal = AbortSignal.timeout(limit);
  const failures: string[] = [];
  for (const target of awaited) {
    try {
      const object = await untilMet(cluster, target, flags, condition, signal);
      // What was not there to begin with has not been deleted.
      if (object === undefined) continue;
      const done = flags.for === "delete" ? "deleted" : "condition met";
      print(`${kindLabel(target.resource)}/${target.name}`, done, object);
    } catch (error) {
      if (!signal.aborted) throw error;
      failures.push(timedOut(target));
    }
  }
  if (failures.length > 0) throw new ExitError(1, failures.join("\n"));
}

function timedOut({ resource, name }: NamedTarget): string {
  return `error: timed out waiting for the condition on ${resource.plural}/${name}`;
}

/** Resolves with the last state of the object that was seen. */
async function untilMet(
  cluster: Cluster,
  target: NamedTarget,
  flags: WaitFlags,
  condition: Condition,
  signal: AbortSignal,
): Promise<object | undefined> {
  let last: object | undefined;
  await watchUntil(cluster.client, { ...target, signal }, (state) => {
    if (state === undefined && flags.for !== "delete" && flags.for !== "create") {
      throw notFound({ group: target.resource.group, resource: target.resource.plural }, target.name);
    }
    last = state ?? last;
    if (condition(state)) return true;
    if (flags.timeout === 0)
      throw new ExitError(1, `error: condition not met for ${target.resource.plural}/${target.name}`);
    return false;
  });
  return last;
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
