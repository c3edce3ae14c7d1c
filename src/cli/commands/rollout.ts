/** kl rollout: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/ */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { DaemonSet, Deployment, StatefulSet } from "../../machinery/types/apps/v1.ts";
import { type Cluster, withCluster } from "../cluster.ts";
import { type Command, type CommandGroup, defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import type { FlagTable } from "../flags/types.ts";
import {
  dryRunFlags,
  dryRunOf,
  dryRunSuffix,
  type ManifestFlags,
  manifestFlags,
  outputFlags,
} from "../manifests/flags.ts";
import { objectPrinter } from "../print/output-format.ts";
import { alignRows } from "../print/table.ts";
import { groupResource, kindLabel, pathOf } from "../rest/resource-mapping.ts";
import { type NamedTarget, namedTargets, type SelectFlags, selectTargets } from "../rest/select.ts";
import { watchUntil } from "../rest/watch-until.ts";
import { revisionsOf } from "../rollout/history.ts";
import {
  daemonSetRolloutStatus,
  deploymentRolloutStatus,
  type RolloutState,
  statefulSetRolloutStatus,
} from "../rollout/status.ts";
import { undoRollout } from "../rollout/undo.ts";

interface RolloutFlags extends ManifestFlags, Omit<SelectFlags, "filename" | "recursive"> {
  readonly watch: boolean;
  /** Milliseconds; 0 is without end. */
  readonly timeout: number;
  readonly revision: number;
  readonly toRevision: number;
}

interface Target extends NamedTarget {
  readonly path: string;
  /** "deployment.apps/web" */
  readonly label: string;
}

type Action = (cluster: Cluster, target: Target, flags: RolloutFlags) => Promise<void>;

function subcommand(summary: string, flags: FlagTable, action: Action): Command & { summary: string } {
  const command = defineCommand<RolloutFlags>({
    usage: "(TYPE NAME | TYPE/NAME | -f FILENAME) [flags]",
    flags: {
      ...manifestFlags,
      selector: { type: "string", short: "l", usage: "label selector" },
      ...flags,
    },
    run: ({ words, flags: given }) =>
      withCluster(given, async (cluster) => {
        for (const target of await targetsOf(cluster, words, given)) await action(cluster, target, given);
      }),
  });
  return { ...command, summary };
}

export const command: CommandGroup = {
  subcommands: {
    history: subcommand(
      "Show the revisions",
      { ...outputFlags, revision: { type: "int", usage: "show this one's pod template", default: 0 } },
      history,
    ),
    pause: subcommand("Hold back further changes of the template", outputFlags, (cluster, target) =>
      setPaused(cluster, target, true),
    ),
    restart: subcommand("Replace all pods", outputFlags, restart),
    resume: subcommand("Go on after a pause", outputFlags, (cluster, target) => setPaused(cluster, target, false)),
    status: subcommand(
      "Wait until a rollout has finished",
      {
        watch: {
          type: "bool",
          short: "w",
          usage: "until it has finished; false: only say how it stands",
          default: true,
        },
        timeout: { type: "duration", usage: "give up after this; 0 is never", default: 0 },
        revision: { type: "int", usage: "only this revision; 0: the newest", default: 0 },
      },
      status,
    ),
    undo: subcommand(
      "Go back to an earlier revision",
      {
        ...outputFlags,
        ...dryRunFlags,
        "to-revision": { type: "int", usage: "to this one; 0: the one before", default: 0 },
      },
      undo,
    ),
  },
};

async function targetsOf(cluster: Cluster, words: readonly string[], flags: RolloutFlags): Promise<Target[]> {
  if (words.length === 0 && !flags.filename) throw new ExitError(1, "error: required resource not specified");
  const targets = await selectTargets(cluster, words, flags, { listing: true });
  return (await namedTargets(cluster, targets, flags)).map((target) => ({
    ...target,
    path: pathOf(target.resource, target.namespace, target.name),
    label: `${kindLabel(target.resource)}/${target.name}`,
  }));
}

const statusOf: Readonly<Record<string, (object: KubeObject) => RolloutState>> = {
  Deployment: (object) => deploymentRolloutStatus(object as Deployment),
  DaemonSet: (object) => daemonSetRolloutStatus(object as DaemonSet),
  StatefulSet: (object) => statefulSetRolloutStatus(object as StatefulSet),
};

async function status(cluster: Cluster, target: Target, flags: RolloutFlags): Promise<void> {
  // The 404 of an object that never was comes from here, in the server's words.
  const begin = await cluster.client.json<Deployment>({ path: target.path });
  const look = statusOf[target.resource.kind];
  if (!look) throw new ExitError(1, `error: no status viewer has been implemented for ${target.resource.kind}`);
  if (flags.revision > 0) {
    const current = Number(begin.metadata.annotations?.["deployment.kubernetes.io/revision"]);
    if (current !== flags.revision) {
      throw new ExitError(
        1,
        `error: desired revision (${flags.revision}) is different from the running revision (${current})`,
      );
    }
  }
  const signal = flags.timeout > 0 ? AbortSignal.timeout(flags.timeout) : undefined;
  let last = "";
  try {
    await watchUntil(cluster.client, { ...target, ...(signal ? { signal } : {}) }, (object) => {
      if (!object) throw new ExitError(1, "error: object has been deleted");
      const state = look(object);
      if (state.failure !== undefined) throw new ExitError(1, state.failure);
      if (state.message !== last) process.stdout.write(`${state.message}\n`);
      last = state.message;
      return state.done || !flags.watch;
    });
  } catch (error) {
    if (signal?.aborted) throw new ExitError(1, "error: timed out waiting for the condition");
    throw error;
  }
}

async function history(cluster: Cluster, target: Target, flags: RolloutFlags): Promise<void> {
  const workload = await cluster.client.json<KubeObject>({ path: target.path });
  if (!statusOf[target.resource.kind]) {
    throw new ExitError(1, `error: no history viewer has been implemented for "${target.resource.kind}"`);
  }
  const revisions = await revisionsOf(cluster, workload);
  const wanted = flags.revision > 0 ? revisions.filter(({ number }) => number === flags.revision) : revisions;
  const [first] = wanted;
  if (flags.revision > 0 && !first) throw new ExitError(1, "error: unable to find the specified revision");
  if (flags.output) {
    const print = await objectPrinter(flags.output, {
      showManagedFields: Boolean(flags.showManagedFields),
      noHeaders: false,
    });
    for (const { keeper } of wanted) process.stdout.write(print(keeper));
    return;
  }
  if (flags.revision > 0 && first) {
    const { templateText } = await import("../rollout/template-text.ts");
    process.stdout.write(`${target.label} with revision #${first.number}\n${templateText(first.template)}\n`);
    return;
  }
  if (!first) {
    process.stdout.write(`${target.label} \nNo rollout history found.\n`);
    return;
  }
  const rows = wanted.map(({ number, changeCause }) => [String(number), changeCause || "<none>"]);
  process.stdout.write(`${target.label} \n${alignRows([["REVISION", "CHANGE-CAUSE"], ...rows], [], 2)}\n`);
}

async function undo(cluster: Cluster, target: Target, flags: RolloutFlags): Promise<void> {
  const workload = await cluster.client.json<KubeObject>({ path: target.path });
  if (!statusOf[target.resource.kind]) {
    throw new ExitError(1, `error: no rollbacker has been implemented for "${target.resource.kind}"`);
  }
  const dryRun = dryRunOf(flags);
  const done = await undoRollout(cluster, workload, { path: target.path, toRevision: flags.toRevision, dryRun });
  process.stdout.write(`${target.label} ${done}${dryRunSuffix(dryRun)}\n`);
}

async function restart(cluster: Cluster, target: Target): Promise<void> {
  const workload = await cluster.client.json<Deployment>({ path: target.path });
  const name = `${groupResource(target.resource)} "${target.name}"`;
  if (!statusOf[target.resource.kind]) throw new ExitError(1, `error: ${name} restarting is not supported`);
  if (workload.spec?.paused) {
    throw new ExitError(1, `error: ${name} can't restart paused deployment (run rollout resume first)`);
  }
  const restartedAt = `${new Date().toISOString().slice(0, 19)}Z`;
  if (workload.spec?.template.metadata?.annotations?.[restartedAtAnnotation] === restartedAt) {
    throw new ExitError(
      1,
      `error: failed to create patch for ${target.name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`,
    );
  }
  await patch(cluster, target, {
    spec: { template: { metadata: { annotations: { [restartedAtAnnotation]: restartedAt } } } },
  });
  process.stdout.write(`${target.label} restarted\n`);
}

const restartedAtAnnotation = "kubectl.kubernetes.io/restartedAt";

async function setPaused(cluster: Cluster, target: Target, paused: boolean): Promise<void> {
  const deployment = await cluster.client.json<Deployment>({ path: target.path });
  const name = `${groupResource(target.resource)} "${target.name}"`;
  if (target.resource.kind !== "Deployment") {
    throw new ExitError(1, `error: ${name} ${paused ? "pausing" : "resuming"} is not supported`);
  }
  if (Boolean(deployment.spec?.paused) === paused) {
    throw new ExitError(1, `error: ${name} is ${paused ? "already" : "not"} paused`);
  }
  await patch(cluster, target, { spec: { paused } });
  process.stdout.write(`${target.label} ${paused ? "paused" : "resumed"}\n`);
}

async function patch(cluster: Cluster, target: Target, body: object): Promise<void> {
  await cluster.client.json({
    method: "PATCH",
    path: target.path,
    contentType: "application/strategic-merge-patch+json",
    body: JSON.stringify(body),
  });
}
