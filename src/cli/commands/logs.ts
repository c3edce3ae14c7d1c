/** kl logs: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/ */
import { StatusError } from "../../machinery/status/error.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { type Cluster, withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { podsOf } from "../rest/pods-of.ts";

interface LogFlags {
  readonly container?: string;
  readonly allContainers?: boolean;
  readonly allPods?: boolean;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly tail: number;
  /** Milliseconds. */
  readonly since: number;
  readonly sinceTime?: string;
  readonly timestamps?: boolean;
  readonly limitBytes: number;
  readonly selector?: string;
  readonly prefix?: boolean;
  readonly ignoreErrors?: boolean;
  readonly maxLogRequests: number;
}

export const command = defineCommand<LogFlags>({
  usage: "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [flags]",
  flags: {
    container: { type: "string", short: "c", usage: "of this container" },
    "all-containers": { type: "bool", usage: "of all containers of the pod" },
    "all-pods": { type: "bool", usage: "of all pods of TYPE/NAME, with --prefix" },
    follow: { type: "bool", short: "f", usage: "go on as lines come" },
    previous: { type: "bool", short: "p", usage: "of the container's previous instance" },
    tail: { type: "int", usage: "only the last lines; -1 for all (default with a selector: 10)", default: -1 },
    since: { type: "duration", usage: "only what is newer than this, as 5s, 2m or 3h", default: 0 },
    "since-time": { type: "string", usage: "only what is newer than this (RFC 3339)" },
    timestamps: { type: "bool", usage: "with the time of each line" },
    "limit-bytes": { type: "int", usage: "at most so many bytes", default: 0 },
    selector: { type: "string", short: "l", usage: "of the pods with these labels" },
    prefix: { type: "bool", usage: "with pod and container before each line" },
    "ignore-errors": { type: "bool", usage: "with --follow: go on where one of the logs fails" },
    "max-log-requests": { type: "int", usage: "how many logs to follow at once", default: 5 },
    "pod-running-timeout": {
      type: "duration",
      usage: "accepted, for scripts written for kubectl",
      default: 20_000,
      hidden: true,
    },
    "insecure-skip-tls-verify-backend": {
      type: "bool",
      usage: "accepted, for scripts written for kubectl",
      hidden: true,
    },
  },
  run: ({ words, flags, given }) =>
    withCluster(flags, async (cluster) => {
      const [name, container, ...more] = words;
      if ((name === undefined && !flags.selector) || more.length > 0 || (container !== undefined && flags.selector)) {
        throw new ExitError(
          1,
          "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kl logs -h' for help and examples",
        );
      }
      if (name !== undefined && flags.selector) {
        throw new ExitError(
          1,
          "error: only a selector (-l) or a POD name is allowed\nSee 'kl logs -h' for help and examples",
        );
      }
      if (container !== undefined && flags.container !== undefined) {
        throw new ExitError(
          1,
          "error: only one of -c or an inline [CONTAINER] arg is allowed\nSee 'kl logs -h' for help and examples",
        );
      }
      const tail = flags.selector && !given.has("tail") ? 10 : flags.tail;
      await logs(cluster, name, { ...flags, tail, ...(container === undefined ? {} : { container }) });
    }),
});

async function logs(cluster: Cluster, name: string | undefined, flags: LogFlags): Promise<void> {
  const pods = await podsOf(cluster, name, flags.selector).catch((error: unknown) => {
    if (!(error instanceof StatusError)) throw error;
    throw new ExitError(
      1,
      `error: error from server (${error.reason}): ${error.message} in namespace "${cluster.namespace}"`,
    );
  });
  const chosen = flags.selector === undefined ? pods.slice(0, 1) : pods;
  const [first] = chosen;
  if (!first) throw new ExitError(0, `No resources found in ${cluster.namespace} namespace.`);
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
  const { name, namespace } = pod.metadata;
  const response = await cluster.client
    .open({
      path: `/api/v1/namespaces/${namespace}/pods/${name}/log`,
      accept: "*/*",
      query: {
        container,
        follow: flags.follow,
        previous: flags.previous,
        timestamps: flags.timestamps,
        tailLines: flags.tail >= 0 ? flags.tail : undefined,
        sinceSeconds: flags.since > 0 ? Math.ceil(flags.since / 1000) : undefined,
        sinceTime: flags.sinceTime,
        limitBytes: flags.limitBytes > 0 ? flags.limitBytes : undefined,
      },
    })
    .catch((error: unknown) => {
      if (error instanceof StatusError && error.reason === "BadRequest")
        throw new ExitError(1, `error: ${error.message}`);
      throw error;
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
