/** The engine's event stream, so that nothing has to be polled. After a break the listener is told to look at everything. */
import type { Readable } from "node:stream";
import type { Clock } from "../../../machinery/clock.ts";
import type { Logger } from "../../../machinery/logger.ts";
import { RuntimeUnavailableError } from "../types.ts";
import type { Engine } from "./engine.ts";
import { label, type Ownership, ownershipFilter } from "./labels.ts";

const FIRST_RETRY = 500;
const LAST_RETRY = 10_000;

interface DockerEvent {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

export function watchEvents(
  engine: Engine,
  owner: Ownership,
  clock: Clock,
  log: Logger,
  sink: { changed(podUid: string): void; resync(): void; outOfMemory(containerId: string): void },
): () => void {
  let closed = false;
  let stream: (Readable & { destroy(): void }) | undefined;
  let cancelRetry: (() => void) | undefined;
  let delay = FIRST_RETRY;

  const retry = () => {
    if (closed) return;
    cancelRetry = clock.after(delay, open);
    delay = Math.min(delay * 2, LAST_RETRY);
  };

  const open = () => {
    engine
      .call((docker) =>
        docker.getEvents({
          filters: {
            type: ["container"],
            event: ["start", "die", "oom", "destroy"],
            label: ownershipFilter(owner),
          },
        }),
      )
      .then((opened) => {
        stream = opened as Readable;
        if (closed) return stream.destroy();
        delay = FIRST_RETRY;
        // What happened before the stream stood is not in it.
        sink.resync();
        const lines = new LineSplitter((line) => {
          const { Action: action, Actor: actor } = JSON.parse(line) as DockerEvent;
          if (action === "oom" && actor?.ID !== undefined) sink.outOfMemory(actor.ID);
          const uid = actor?.Attributes?.[label.podUid];
          if (uid !== undefined) sink.changed(uid);
        });
        let ended = false;
        const end = () => {
          if (!ended) retry();
          ended = true;
        };
        stream.on("data", (chunk: Buffer) => lines.push(chunk));
        stream.on("error", end);
        stream.on("close", end);
        stream.on("end", end);
      })
      .catch((error: unknown) => {
        if (!(error instanceof RuntimeUnavailableError)) log.warn({ err: error }, "Docker's events cannot be followed");
        retry();
      });
  };
  open();

  return () => {
    closed = true;
    cancelRetry?.();
    stream?.destroy();
  };
}

class LineSplitter {
  readonly #line: (line: string) => void;
  #rest = "";
  constructor(line: (line: string) => void) {
    this.#line = line;
  }
  push(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString("utf8")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") this.#line(line);
  }
}
