/** kl rollout: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/ */
import type { Command } from "commander";
import type { Deployment } from "../../machinery/types/apps/v1.ts";
import { addConnectionFlags, type Cluster, connect } from "../cluster.ts";
import { parseDuration } from "../duration.ts";
import { ExitError } from "../exit-error.ts";
import { readManifests } from "../manifests/read.ts";
import { targetOf } from "../manifests/target.ts";
import { toYaml } from "../print/object.ts";
import { alignRows } from "../print/table.ts";
import { parseResourceArguments } from "../rest/resource-arguments.ts";
import { type ApiResource, pathOf } from "../rest/resource-mapping.ts";
import { watchUntil } from "../rest/watch-until.ts";
import { revisionsOf, revisionToRestore } from "../rollout/history.ts";
import { deploymentRolloutStatus } from "../rollout/status.ts";

interface Target {
  readonly resource: ApiResource;
  readonly name: string;
  readonly path: string;
  /** "deployment.apps/web" */
  readonly label: string;
}

interface RolloutFlags {
  readonly filename?: string[];
  readonly recursive?: boolean;
  readonly watch: boolean | string;
  readonly timeout: string;
  readonly revision?: string;
  readonly toRevision: string;
  readonly output?: string;
}

type Action = (cluster: Cluster, target: Target, flags: RolloutFlags) => Promise<void>;

export function configure(command: Command): void {
  const add = (name: string, summary: string, action: Action): Command => {
    const subcommand = addConnectionFlags(command.command(name).description(summary))
      .argument("[TYPE/NAME...]", "whose rollout")
      .allowExcessArguments()
      .option("-f, --filename <FILE...>", "file, folder or URL with manifests")
      .option("-R, --recursive", "look into folders below, too");
    return subcommand.action(async () => {
      const cluster = connect(subcommand.opts());
      try {
        const flags = subcommand.opts<RolloutFlags>();
        for (const target of await targets(cluster, subcommand.args, flags)) await action(cluster, target, flags);
      } finally {
        cluster.client.close();
      }
    });
  };
  add("status", "Wait until a rollout has finished", status)
    .option("-w, --watch [BOOLEAN]", "until it has finished; false: only say how it stands", true)
    .option("--timeout <DURATION>", "give up after this; 0 is never", "0s")
    .option("--revision <N>", "only this revision");
  add("history", "Show the revisions", history).option("--revision <N>", "show this one's pod template");
  add("undo", "Go back to an earlier revision", undo).option("--to-revision <N>", "0: the one before", "0");
  add("restart", "Replace all pods", restart);
  add("pause", "Hold back further changes of the template", (cluster, target) => setPaused(cluster, target, true));
  add("resume", "Go on after a pause", (cluster, target) => setPaused(cluster, target, false));
}

async function targets(cluster: Cluster, words: readonly string[], flags: RolloutFlags): Promise<Target[]> {
  const named: { resource: ApiResource; name: string }[] = [];
  if (flags.filename) {
    for (const manifest of await readManifests(flags.filename, Boolean(flags.recursive))) {
      const { resource, name } = await targetOf(cluster, manifest);
      if (name !== undefined) named.push({ resource, name });
    }
  } else {
    for (const { resource, names } of await parseResourceArguments(cluster.mapping, words)) {
      named.push(...names.map((name) => ({ resource, name })));
    }
  }
  if (named.length === 0) throw new ExitError(1, "error: required resource not specified");
  return named.map(({ resource, name }) => {
    if (resource.kind !== "Deployment" || resource.group !== "apps") {
      throw new ExitError(1, `error: no rollout of ${resource.plural}: kl rolls out deployments`);
    }
    return {
      resource,
      name,
      path: pathOf(resource, cluster.namespace, name),
      label: `${resource.singular}.${resource.group}/${name}`,
    };
  });
}

async function status(cluster: Cluster, target: Target, flags: RolloutFlags): Promise<void> {
  const follow = String(flags.watch) !== "false";
  const timeout = parseDuration(flags.timeout);
  const signal = timeout > 0 ? AbortSignal.timeout(timeout) : undefined;
  let last = "";
  const options = {
    resource: target.resource,
    namespace: cluster.namespace,
    name: target.name,
    ...(signal ? { signal } : {}),
  };
  // The 404 of an object that never was comes from here, in the server's words.
  await cluster.client.json({ path: target.path });
  try {
    await watchUntil<Deployment>(cluster.client, options, (deployment) => {
      if (!deployment) throw new ExitError(1, "error: object has been deleted");
      const state = deploymentRolloutStatus(deployment);
      if (state.failure !== undefined) throw new ExitError(1, state.failure);
      if (state.message !== last) process.stdout.write(`${state.message}\n`);
      last = state.message;
      return state.done || !follow;
    });
  } catch (error) {
    if (signal?.aborted) throw new ExitError(1, "error: timed out waiting for the condition");
    throw error;
  }
}

async function history(cluster: Cluster, target: Target, flags: RolloutFlags): Promise<void> {
  const deployment = await cluster.client.json<Deployment>({ path: target.path });
  const revisions = await revisionsOf(cluster, deployment);
  if (flags.revision !== undefined && Number(flags.revision) > 0) {
    const revision = revisions.find(({ number }) => number === Number(flags.revision));
    if (!revision) throw new ExitError(1, `error: unable to find the specified revision`);
    process.stdout.write(
      `${target.label} with revision #${revision.number}\n${toYaml({ template: revision.template })}`,
    );
    return;
  }
  const rows = revisions.map(({ number, changeCause }) => [String(number), changeCause ?? "<none>"]);
  process.stdout.write(`${target.label} \n${alignRows([["REVISION", "CHANGE-CAUSE"], ...rows], [8])}\n`);
}

async function undo(cluster: Cluster, target: Target, flags: RolloutFlags): Promise<void> {
  const deployment = await cluster.client.json<Deployment>({ path: target.path });
  if (deployment.spec?.paused) {
    throw new ExitError(
      1,
      `error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
    );
  }
  const revision = revisionToRestore(await revisionsOf(cluster, deployment), Number(flags.toRevision));
  const current = JSON.stringify(deployment.spec?.template);
  const answer = await cluster.client.json<Deployment>({
    method: "PATCH",
    path: target.path,
    contentType: "application/json-patch+json",
    body: JSON.stringify([{ op: "replace", path: "/spec/template", value: revision.template }]),
  });
  const same = JSON.stringify(answer.spec?.template) === current;
  process.stdout.write(
    same
      ? `${target.label} skipped rollback (current template already matches revision ${revision.number})\n`
      : `${target.label} rolled back\n`,
  );
}

async function restart(cluster: Cluster, target: Target): Promise<void> {
  const deployment = await cluster.client.json<Deployment>({ path: target.path });
  if (deployment.spec?.paused) {
    throw new ExitError(
      1,
      `error: ${target.resource.plural}.${target.resource.group} "${target.name}" can't restart paused deployment (run rollout resume first)`,
    );
  }
  const restartedAt = `${new Date().toISOString().slice(0, 19)}Z`;
  await patch(cluster, target, {
    spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": restartedAt } } } },
  });
  process.stdout.write(`${target.label} restarted\n`);
}

async function setPaused(cluster: Cluster, target: Target, paused: boolean): Promise<void> {
  const deployment = await cluster.client.json<Deployment>({ path: target.path });
  if (Boolean(deployment.spec?.paused) === paused) {
    throw new ExitError(
      1,
      `error: ${target.resource.plural}.${target.resource.group} "${target.name}" is ${paused ? "already" : "not"} paused`,
    );
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
