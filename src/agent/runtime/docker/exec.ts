/** Processes run in a container beside its own: `kubectl exec`, and the commands of probes and hooks. */
import { readFile } from "node:fs/promises";
import { Writable } from "node:stream";
import type Docker from "dockerode";
import type { ExecOptions, ExecResult, ExecStreams } from "../../../../proto/agent.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Engine } from "./engine.ts";
import { followSizes, pump } from "./hijacked.ts";

export async function execInContainer(
  engine: Engine,
  id: string,
  options: ExecOptions,
  streams: ExecStreams,
): Promise<ExecResult> {
  const { exec, connection } = await startExec(engine, id, options, {
    stdin: streams.stdin !== undefined,
    stdout: streams.stdout !== undefined,
    stderr: streams.stderr !== undefined,
  });
  followSizes(streams, ({ width, height }) => exec.resize({ w: width, h: height }));
  await pump(connection, options.tty, streams);
  return streams.signal.aborted ? {} : await exitOf(engine, exec);
}

/** The output is stdout and stderr as they came, cut at `limitBytes`. */
export async function execForProbe(
  engine: Engine,
  clock: Clock,
  id: string,
  command: readonly string[],
  timeoutSeconds: number,
  limitBytes: number,
): Promise<{ exitCode?: number; output: string }> {
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (size < limitBytes) chunks.push(chunk.subarray(0, limitBytes - size));
      size += chunk.length;
      done();
    },
  });
  const attached = { stdin: false, stdout: true, stderr: true };
  const { exec, connection } = await startExec(engine, id, { command, tty: false }, attached);
  const timeout = new AbortController();
  const cancel = clock.after(timeoutSeconds * 1000, () => timeout.abort());
  try {
    await pump(connection, false, { stdout: collect, stderr: collect, signal: timeout.signal });
  } finally {
    cancel();
  }
  const output = Buffer.concat(chunks).toString("utf8");
  if (!timeout.signal.aborted) return { ...(await exitOf(engine, exec)), output };
  await killExec(engine, exec, id);
  return { output };
}

async function startExec(
  engine: Engine,
  id: string,
  options: ExecOptions,
  attached: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
) {
  return await engine.call(async (docker) => {
    const exec = await docker.getContainer(id).exec({
      Cmd: [...options.command],
      Tty: options.tty,
      AttachStdin: attached.stdin,
      AttachStdout: attached.stdout,
      AttachStderr: attached.stderr && !options.tty,
    });
    const connection = await exec.start({ hijack: true, stdin: attached.stdin, Tty: options.tty });
    return { exec, connection };
  });
}

/** The engine closes the stream a moment before it knows the exit code. */
async function exitOf(engine: Engine, exec: Docker.Exec): Promise<ExecResult> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const { Running, ExitCode } = await engine.call(() => exec.inspect());
    if (!Running && ExitCode !== null) return { exitCode: ExitCode };
    await new Promise((resolve) => setTimeout(resolve, 2 * (attempt + 1)));
  }
  return {};
}

/**
 * The engine cannot end an exec, so the process is signalled here, where the engine runs on this host. Its cgroup is
 * looked at first: in the meantime the number could have become another process's.
 */
async function killExec(engine: Engine, exec: Docker.Exec, containerId: string): Promise<void> {
  const { Running, Pid } = await engine.call(() => exec.inspect());
  if (!Running || !Pid || !engine.address.startsWith("unix:")) return;
  const cgroup = await readFile(`/proc/${Pid}/cgroup`, "utf8").catch(() => "");
  if (!cgroup.includes(containerId)) return;
  try {
    process.kill(Pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
