/** Answers the server's requests: opens the stream it asks for and joins it with the pod's, each at the other's pace. */
import { once } from "node:events";
import { PassThrough, type Readable, Writable } from "node:stream";
import { type AgentLink, type ExecOptions, LinkError, type LogOptions } from "../../../proto/agent.ts";
import { failureOf } from "../../../proto/wire/error-form.ts";
import type * as messages from "../../../proto/wire/messages.ts";
import { agentService } from "../../../proto/wire/service.ts";
import type { Session } from "./session.ts";

export function servePodStream(session: Session, request: messages.Open, agent: AgentLink | undefined): void {
  const stream = new ServedStream(session, request.id);
  const work = agent
    ? answer(stream, request, agent)
    : Promise.reject(new LinkError("Unavailable", "the node's agent is still starting"));
  work.catch((error: unknown) => stream.send({ failure: failureOf(error) })).finally(() => stream.finish());
}

async function answer(stream: ServedStream, request: messages.Open, agent: AgentLink): Promise<void> {
  const pod = request.pod ?? { namespace: "", name: "", uid: "" };
  const options = JSON.parse(request.options.toString()) as object;
  switch (request.method) {
    case "logs":
      return await sendLog(stream, await agent.logs(pod, options as LogOptions, stream.signal));
    case "portForward":
      return await forward(stream, await agent.portForward(pod, (options as { port: number }).port, stream.signal));
    case "exec":
    case "attach": {
      const streams = {
        ...(request.stdin ? { stdin: stream.stdin() } : {}),
        ...(request.stdout ? { stdout: stream.output("stdout") } : {}),
        ...(request.stderr ? { stderr: stream.output("stderr") } : {}),
        ...(request.resize ? { resize: stream.sizes() } : {}),
        signal: stream.signal,
      };
      stream.listen();
      const { exitCode } = await agent[request.method](pod, options as ExecOptions, streams);
      await Promise.all([streams.stdout, streams.stderr].map((output) => output && ended(output)));
      return await stream.send({ exit: { code: exitCode } });
    }
    case "stats": {
      if (!agent.stats) throw new LinkError("Unavailable", "nothing can be measured on this node");
      return await stream.send({ stats: Buffer.from(JSON.stringify(await agent.stats())) });
    }
    default:
      throw new LinkError("BadRequest", `this agent does not know streams of ${JSON.stringify(request.method)}`);
  }
}

async function sendLog(stream: ServedStream, log: Readable): Promise<void> {
  stream.signal.addEventListener("abort", () => log.destroy(), { once: true });
  stream.listen();
  await stream.send({ started: true });
  for await (const chunk of log as AsyncIterable<Buffer | string>) {
    if (stream.signal.aborted) return;
    await stream.send({ stdout: typeof chunk === "string" ? Buffer.from(chunk) : chunk });
  }
  await stream.send({ end: true });
}

async function forward(stream: ServedStream, connection: NodeJS.ReadWriteStream & Readable): Promise<void> {
  const closed = new Promise<void>((resolve) => connection.once("close", () => resolve()));
  let failed: Error | undefined;
  connection.once("error", (error) => {
    failed = error;
  });
  await stream.send({ started: true });
  stream.stdin().pipe(connection);
  stream.listen();
  try {
    for await (const chunk of connection.iterator({ destroyOnReturn: false })) {
      await stream.send({ stdout: chunk as Buffer });
    }
    await stream.send({ end: true });
  } catch (error) {
    failed ??= error as Error;
  }
  await closed;
  if (failed && !stream.signal.aborted) throw new LinkError("Internal", failed.message, { cause: failed });
}

async function ended(output: Writable): Promise<void> {
  if (output.destroyed) return;
  output.end();
  await once(output, "close").catch(() => undefined);
}

/** One Serve call of this agent. */
class ServedStream {
  readonly #session: Session;
  readonly #id: string;
  readonly #call;
  readonly #abort = new AbortController();
  #input: PassThrough | undefined;
  #resized: ((size: messages.Size | undefined) => void) | undefined;
  readonly #pendingSizes: messages.Size[] = [];

  constructor(session: Session, id: string) {
    this.#session = session;
    this.#id = id;
    this.#call = session.bidi(agentService.serve);
    session.streams.set(id, () => this.#end());
    this.#call.on("error", () => this.#end());
    this.#call.on("end", () => this.#end());
    this.#call.write({ id });
  }

  /** Aborts when nobody wants the stream any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What the client writes, until it ends or the stream does. */
  stdin(): Readable {
    this.#input ??= new PassThrough();
    return this.#input;
  }

  output(name: "stdout" | "stderr"): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.send({ [name]: chunk }).then(
          () => done(),
          () => done(),
        );
      },
    });
  }

  async *sizes(): AsyncIterable<messages.Size> {
    while (!this.signal.aborted) {
      const size =
        this.#pendingSizes.shift() ??
        (await new Promise<messages.Size | undefined>((resolve) => (this.#resized = resolve)));
      this.#resized = undefined;
      if (size === undefined) return;
      yield size;
    }
  }

  /** Lets come what the server sends; whoever wants it has asked for it. */
  listen(): void {
    this.#call.on("data", (message: messages.ToPod) => {
      this.#session.alive();
      if (message.stdin.length > 0 && this.#input && !this.#input.write(message.stdin)) {
        this.#call.pause();
        this.#input.once("drain", () => this.#call.resume());
      }
      if (message.stdinEnd) this.#input?.end();
      if (message.size) this.#resize(message.size);
    });
  }

  /** Resolves when there is room for more, or when nobody wants it. */
  async send(message: Partial<messages.FromPod>): Promise<void> {
    if (this.signal.aborted || this.#call.write(message)) return;
    await once(this.#call, "drain", { signal: this.signal }).catch(() => undefined);
  }

  /** Everything is said. */
  finish(): void {
    this.#session.streams.delete(this.#id);
    if (!this.signal.aborted) this.#call.end();
    this.#input?.destroy();
    this.#resized?.(undefined);
    this.#call.resume();
  }

  #resize(size: messages.Size): void {
    if (this.#resized) this.#resized(size);
    else this.#pendingSizes.push(size);
  }

  #end(): void {
    if (this.signal.aborted) return;
    this.#session.streams.delete(this.#id);
    this.#abort.abort();
    this.#input?.destroy();
    this.#resized?.(undefined);
    this.#call.cancel();
  }
}
