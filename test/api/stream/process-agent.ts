/** An agent whose containers are processes of this host: enough for every stream, without a container engine. */
import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import {
  type AgentLink,
  type ExecOptions,
  type ExecStreams,
  LinkError,
  type LogOptions,
  type NodeStats,
} from "../../../proto/agent.ts";

export class ProcessAgent implements AgentLink {
  readonly nodeName = "n1";
  /** What was asked, as short texts. */
  readonly asked: string[] = [];
  readonly sizes: string[] = [];
  readonly children = new Set<ChildProcess>();
  /** What the next log is; a function makes it when it is asked for. */
  log: () => Readable = () => Readable.from(["one\n", "two\n"]);
  /** Absent, as where nothing can be measured, unless a test gives it. */
  stats?: () => Promise<NodeStats>;
  /** How many forwarded connections are open. */
  connections = 0;

  async logs(_: unknown, options: LogOptions, signal: AbortSignal): Promise<Readable> {
    this.asked.push(`logs ${JSON.stringify(options)}`);
    if (options.previous)
      throw new LinkError("BadRequest", 'previous terminated container "app" in pod "web" not found');
    const log = this.log();
    signal.addEventListener("abort", () => log.destroy());
    return log;
  }

  async exec(
    _: unknown,
    { command, container, tty }: ExecOptions,
    streams: ExecStreams,
  ): Promise<{ exitCode: number }> {
    this.asked.push(`exec ${container} ${tty ? "tty " : ""}${command.join(" ")}`);
    if (container === "stopped") throw new LinkError("NotFound", 'container not found ("stopped")');
    return await this.#run(command, streams);
  }

  async attach(_: unknown, { container }: { container?: string }, streams: ExecStreams): Promise<{ exitCode: number }> {
    this.asked.push(`attach ${container}`);
    return await this.#run(["sh", "-c", "echo attached; exec cat"], streams);
  }

  async portForward(_: unknown, port: number, signal: AbortSignal) {
    this.asked.push(`portForward ${port}`);
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      });
    } catch {
      throw new LinkError("Internal", `failed to connect to localhost:${port}: connection refused`);
    }
    this.connections++;
    socket.once("close", () => this.connections--);
    signal.addEventListener("abort", () => socket.destroy());
    return socket;
  }

  async #run([file = "", ...args]: readonly string[], streams: ExecStreams): Promise<{ exitCode: number }> {
    const { stdin, stdout, stderr, resize, signal } = streams;
    const child = spawn(file, args, { stdio: "pipe" });
    this.children.add(child);
    const kill = (): void => void child.kill("SIGKILL");
    signal.addEventListener("abort", kill);
    child.stdin.on("error", () => undefined);
    if (stdin) stdin.pipe(child.stdin);
    else child.stdin.end();
    if (stdout) child.stdout.pipe(stdout, { end: false });
    if (stderr) child.stderr.pipe(stderr, { end: false });
    else child.stderr.resume();
    void this.#follow(resize);
    const [code] = await Promise.all([
      new Promise<number>((resolve) => child.once("exit", (exit) => resolve(exit ?? 137))),
      ...(stdout ? [finished(child.stdout).catch(() => undefined)] : []),
    ]);
    signal.removeEventListener("abort", kill);
    this.children.delete(child);
    return { exitCode: code };
  }

  async #follow(resize: ExecStreams["resize"]): Promise<void> {
    for await (const { width, height } of resize ?? []) this.sizes.push(`${width}x${height}`);
  }
}
