/** kl exec: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_exec/ */
import type { Pod } from "../../machinery/types/core/v1.ts";
import { type Cluster, withCluster } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { ExitError } from "../exit-error.ts";
import { exitCodeOf, runChannels } from "../rest/channels.ts";
import { podsOf } from "../rest/pods-of.ts";

interface ExecFlags {
  readonly container?: string;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly quiet?: boolean;
}

export const command = defineCommand<ExecFlags>({
  usage: "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args…]",
  flags: {
    container: { type: "string", short: "c", usage: "in this container" },
    stdin: { type: "bool", short: "i", usage: "pass stdin to the command" },
    tty: { type: "bool", short: "t", usage: "stdin is a terminal" },
    quiet: { type: "bool", short: "q", usage: "only what the command prints" },
    filename: { type: "strings", short: "f", usage: "in the pods of what these manifests name" },
    "pod-running-timeout": { type: "duration", usage: "how long to wait for a pod that runs", default: 60_000 },
  },
  run: ({ words, flags, dash }) =>
    withCluster(flags, async (cluster) => {
      const named = words.slice(0, dash);
      const [name] = named;
      if (name === undefined) throw new ExitError(1, "error: pod, type/name or --filename must be specified");
      if (dash === undefined && words.length > 1) {
        throw new ExitError(
          1,
          "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kl exec -h' for help and examples",
        );
      }
      const line = words.slice(1);
      if (line.length === 0) throw new ExitError(1, "error: you must specify at least one command for the container");
      await exec(cluster, name, line, flags);
    }),
});

async function exec(cluster: Cluster, name: string, words: readonly string[], flags: ExecFlags): Promise<void> {
  const [pod] = await podsOf(cluster, name);
  if (!pod) throw new ExitError(1, `error: no pods found for ${name}`);
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") {
    throw new ExitError(
      1,
      `error: cannot exec into a container in a completed pod; current phase is ${pod.status.phase}`,
    );
  }
  const container = containerOf(pod, flags);
  const terminal = Boolean(flags.tty && flags.stdin && process.stdin.isTTY);
  if (flags.tty && !terminal && !flags.quiet) {
    process.stderr.write("Unable to use a TTY - input is not a terminal or the right kind of file\n");
  }
  const url = cluster.client.url(`/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/exec`, {
    container,
    stdin: Boolean(flags.stdin),
    stdout: true,
    stderr: !terminal,
    tty: terminal,
  });
  for (const word of words) url.searchParams.append("command", word);
  if (terminal) process.stdin.setRawMode(true);
  try {
    const status = await runChannels(cluster.client, url, {
      ...(flags.stdin ? { stdin: process.stdin } : {}),
      stdout: process.stdout,
      stderr: process.stderr,
      ...(terminal ? { onResize: followTerminal } : {}),
    });
    const code = exitCodeOf(status);
    if (code === 0) return;
    throw new ExitError(
      code,
      status.reason === "NonZeroExitCode" ? `command terminated with exit code ${code}` : `error: ${status.message}`,
    );
  } finally {
    if (terminal) process.stdin.setRawMode(false);
  }
}

function containerOf(pod: Pod, flags: ExecFlags): string | undefined {
  if (flags.container !== undefined) return flags.container;
  const byAnnotation = pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  if (byAnnotation) return byAnnotation;
  const names = [
    ...(pod.spec?.containers ?? []).map(({ name }) => name),
    ...(pod.spec?.initContainers ?? []).map(({ name }) => `${name} (init)`),
  ];
  const first = pod.spec?.containers[0]?.name;
  if (names.length > 1 && !flags.quiet) {
    process.stderr.write(`Defaulted container "${first}" out of: ${names.join(", ")}\n`);
  }
  return first;
}

function followTerminal(send: (size: { width: number; height: number }) => void): () => void {
  const report = (): void => send({ width: process.stdout.columns, height: process.stdout.rows });
  report();
  process.stdout.on("resize", report);
  return () => process.stdout.off("resize", report);
}
