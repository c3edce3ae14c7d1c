/** kl logs: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/ */
import type { Command } from "commander";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { addConnectionFlags, type Cluster, connect } from "../cluster.ts";
import { parseDuration } from "../duration.ts";
import { ExitError } from "../exit-error.ts";
import { podsOf } from "../rest/pods-of.ts";

interface LogFlags {
  readonly container?: string;
  readonly allContainers?: boolean;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly tail?: string;
  readonly since?: string;
  readonly sinceTime?: string;
  readonly timestamps?: boolean;
  readonly limitBytes?: string;
  readonly selector?: string;
  readonly prefix?: boolean;
}

export function configure(command: Command): void {
  addConnectionFlags(command)
    .argument("[POD | TYPE/NAME]", "whose log")
    .argument("[CONTAINER]")
    .option("-c, --container <NAME>", "of this container")
    .option("--all-containers", "of all containers of the pod")
    .option("-f, --follow", "go on as lines come")
    .option("-p, --previous", "of the container's previous instance")
    .option("--tail <LINES>", "only the last lines; -1 for all")
    .option("--since <DURATION>", "only what is newer than this, as 5s, 2m or 3h")
    .option("--since-time <TIME>", "only what is newer than this (RFC 3339)")
    .option("--timestamps", "with the time of each line")
    .option("--limit-bytes <N>", "at most so many bytes")
    .option("-l, --selector <SELECTOR>", "of the pods with these labels")
    .option("--prefix", "with pod and container before each line")
    .action(async (name: string | undefined, container: string | undefined) => {
      const flags = command.opts<LogFlags>();
      const cluster = connect(command.opts());
      try {
        await logs(cluster, name, { ...flags, ...(container === undefined ? {} : { container }) });
      } finally {
        cluster.client.close();
      }
    });
}

async function logs(cluster: Cluster, name: string | undefined, flags: LogFlags): Promise<void> {
  if (name === undefined && flags.selector === undefined) {
    throw new ExitError(
      1,
      "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  }
  const pods = await podsOf(cluster, name, flags.selector);
  const chosen = flags.selector === undefined ? pods.slice(0, 1) : pods;
  const [first] = chosen;
  if (!first) throw new ExitError(1, `No resources found in ${cluster.namespace} namespace.`);
  if (name?.includes("/") && pods.length > 1) {
    process.stderr.write(`Found ${pods.length} pods, using pod/${first.metadata.name}\n`);
  }
  const sources = chosen.flatMap((pod) => containersOf(pod, flags).map((container) => ({ pod, container })));
  const several = sources.length > 1;
  if (!flags.follow || !several) {
    for (const source of sources) await copyLog(cluster, source, flags, several && flags.selector !== undefined);
    return;
  }
  await Promise.all(sources.map((source) => copyLog(cluster, source, flags, true)));
}

/** Undefined lets the server choose, which it does where there is only one. */
function containersOf(pod: Pod, flags: LogFlags): readonly (string | undefined)[] {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name }) => name);
  if (flags.allContainers) return all;
  if (flags.container !== undefined) return [flags.container];
  const byAnnotation = pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  if (byAnnotation && all.includes(byAnnotation)) return [byAnnotation];
  const [first, ...others] = pod.spec?.containers ?? [];
  if (first && (others.length > 0 || (pod.spec?.initContainers ?? []).length > 0)) {
    const names = [
      ...(pod.spec?.containers ?? []).map((c) => c.name),
      ...(pod.spec?.initContainers ?? []).map((c) => `${c.name} (init)`),
    ];
    process.stderr.write(`Defaulted container "${first.name}" out of: ${names.join(", ")}\n`);
    return [first.name];
  }
  return [undefined];
}

async function copyLog(
  cluster: Cluster,
  { pod, container }: { pod: Pod; container: string | undefined },
  flags: LogFlags,
  lineBuffered: boolean,
): Promise<void> {
  const tail = flags.tail ?? (flags.selector === undefined ? "-1" : "10");
  const { name, namespace } = pod.metadata;
  const response = await cluster.client.open({
    path: `/api/v1/namespaces/${namespace}/pods/${name}/log`,
    accept: "*/*",
    query: {
      container,
      follow: flags.follow,
      previous: flags.previous,
      timestamps: flags.timestamps,
      tailLines: Number(tail) >= 0 ? tail : undefined,
      sinceSeconds: flags.since === undefined ? undefined : Math.ceil(parseDuration(flags.since) / 1000),
      sinceTime: flags.sinceTime,
      limitBytes: flags.limitBytes,
    },
  });
  const prefix = flags.prefix ? `[pod/${name}/${container ?? pod.spec?.containers[0]?.name ?? ""}] ` : "";
  if (prefix === "" && !lineBuffered) {
    for await (const chunk of response) {
      if (!process.stdout.write(chunk as Buffer)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
    return;
  }
  let rest = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    rest += chunk as string;
    const end = rest.lastIndexOf("\n") + 1;
    process.stdout.write(rest.slice(0, end).replace(/^(?=.)/gm, prefix));
    rest = rest.slice(end);
  }
  if (rest !== "") process.stdout.write(prefix + rest);
}
