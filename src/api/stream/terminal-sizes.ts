export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The sizes of the client's terminal, as they change. Only the newest matters: one that nobody took yet is replaced. */
export class TerminalSizes implements AsyncIterable<TerminalSize> {
  #latest: TerminalSize | undefined;
  #wake: () => void = () => undefined;
  #ended = false;

  /**
   * JSON as clients send it: {"Width":80,"Height":24}, or in small letters, which Go takes as well. What is not that is ignored,
   * as the kubelet does.
   */
  put(json: string): void {
    let size: unknown;
    try {
      size = JSON.parse(json);
    } catch {
      return;
    }
    const fields = new Map(Object.entries(size ?? {}).map(([name, value]) => [name.toLowerCase(), value as unknown]));
    const [width, height] = [fields.get("width"), fields.get("height")];
    if (!isSize(width) || !isSize(height)) return;
    this.#latest = { width, height };
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TerminalSize> {
    for (;;) {
      const size = this.#latest;
      this.#latest = undefined;
      if (size) yield size;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65536;
}
