/** The agent of another host as the API server sees it: every call is a stream that the agent is asked to open. */
import { Duplex, Readable } from "node:stream";
import {
  type AgentLink,
  type AttachOptions,
  type ExecOptions,
  type ExecResult,
  type ExecStreams,
  LinkError,
  type LogOptions,
  type NodeStats,
  type PodRef,
} from "../../../proto/agent.ts";
import type { Open } from "../../../proto/wire/messages.ts";
import { type OpenedStream, PodStream, writeAtItsPace } from "./pod-stream.ts";

/** Asks the agent for a stream; rejects with LinkError "Unavailable" where it does not come. */
export type OpenStream = (
  request: Pick<Open, "method" | "pod" | "options"> & Partial<Open>,
  signal: AbortSignal,
) => Promise<OpenedStream>;

export function remoteAgent(nodeName: string, openStream: OpenStream): AgentLink {
  const request = (method: string, pod: PodRef, options: object) => ({
    method,
    pod: { ...pod },
    options: Buffer.from(JSON.stringify(options)),
  });
  const command = async (
    method: "exec" | "attach",
    pod: PodRef,
    options: ExecOptions | AttachOptions,
    streams: ExecStreams,
  ): Promise<ExecResult> => {
    const wanted = {
      stdin: streams.stdin !== undefined,
      stdout: streams.stdout !== undefined,
      stderr: streams.stderr !== undefined,
      resize: streams.resize !== undefined,
    };
    return runCommand(await openStream({ ...request(method, pod, options), ...wanted }, streams.signal), streams);
  };
  return {
    nodeName,
    logs: async (pod: PodRef, options: LogOptions, signal) =>
      await readLog(await openStream(request("logs", pod, options), signal), signal),
    exec: (pod, options, streams) => command("exec", pod, options, streams),
    attach: (pod, options, streams) => command("attach", pod, options, streams),
    portForward: async (pod, port, signal) =>
      await forwardPort(await openStream(request("portForward", pod, { port }), signal), signal),
    stats: async () => await readStats(await openStream(statsRequest, new AbortController().signal)),
  };
}

/** About the node, not a pod. */
const statsRequest = { method: "stats", pod: undefined, options: Buffer.from("{}") };

function readStats(opened: OpenedStream): Promise<NodeStats> {
  return new Promise((resolve, reject) => {
    new PodStream(opened, {
      started: () => undefined,
      stdout: () => undefined,
      stderr: () => undefined,
      ended: () => undefined,
      stats: (json) => resolve(JSON.parse(json.toString()) as NodeStats),
      over: (_, error) => error && reject(error),
    });
  });
}

function readLog(opened: OpenedStream, signal: AbortSignal): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const log = new Readable({
      read: () => stream.resume(),
      destroy(error, done) {
        signal.removeEventListener("abort", abort);
        stream.close();
        done(error);
      },
    });
    const abort = (): void => void log.destroy();
    const stream = new PodStream(opened, {
      started: () => resolve(log),
      stdout(chunk) {
        if (!log.push(chunk)) stream.pause();
      },
      stderr: () => undefined,
      ended: () => log.push(null),
      over(_, error) {
        if (error) log.destroy(error);
      },
    });
    log.on("error", reject);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
}

function forwardPort(opened: OpenedStream, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const connection = new Duplex({
      allowHalfOpen: true,
      read: () => stream.resume(),
      write(chunk: Buffer, _encoding, done) {
        void stream.send({ stdin: chunk }).then(() => done());
      },
      final(done) {
        void stream.send({ stdinEnd: true }).then(() => done());
      },
      destroy(error, done) {
        signal.removeEventListener("abort", abort);
        stream.close();
        done(error);
      },
    });
    const abort = (): void => void connection.destroy();
    const stream = new PodStream(opened, {
      started: () => resolve(connection),
      stdout(chunk) {
        if (!connection.push(chunk)) stream.pause();
      },
      stderr: () => undefined,
      ended: () => connection.push(null),
      over(_, error) {
        if (error) connection.destroy(error);
        else if (connection.readableEnded) connection.destroy();
        else connection.once("end", () => connection.destroy());
      },
    });
    // Before it is connected, an error is the answer; afterwards it is the reader's.
    connection.on("error", reject);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
}

function runCommand(opened: OpenedStream, { stdin, stdout, stderr, resize, signal }: ExecStreams): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    let over = false;
    const finish = (): void => {
      over = true;
      signal.removeEventListener("abort", abort);
    };
    const abort = (): void => {
      if (over) return;
      finish();
      stream.close();
      resolve({});
    };
    const stream = new PodStream(opened, {
      started: () => undefined,
      stdout: (chunk) => stdout && writeAtItsPace(stream, stdout, chunk),
      stderr: (chunk) => stderr && writeAtItsPace(stream, stderr, chunk),
      ended: () => undefined,
      over(result, error) {
        finish();
        if (error) reject(error);
        else resolve(result ?? {});
      },
    });
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const ended = (): boolean => over;
    if (stdin) void sendInput(stream, stdin, ended);
    if (resize) void sendSizes(stream, resize, ended);
  });
}

async function sendInput(stream: PodStream, stdin: Readable, over: () => boolean): Promise<void> {
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      if (over()) return;
      await stream.send({ stdin: Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string) });
    }
  } catch {
    // The client went away: for the command that is the end of its input.
  }
  if (!over()) await stream.send({ stdinEnd: true });
}

async function sendSizes(
  stream: PodStream,
  sizes: NonNullable<ExecStreams["resize"]>,
  over: () => boolean,
): Promise<void> {
  for await (const size of sizes) {
    if (over()) return;
    await stream.send({ size });
  }
}

export const lost = (nodeName: string): LinkError =>
  new LinkError("Unavailable", `the agent of node ${JSON.stringify(nodeName)} is not connected`);
