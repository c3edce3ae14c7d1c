/** What waits is left alone when the pod is to end, or the agent is. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

export class Interruption {
  readonly #controller = new AbortController();

  get interrupted(): boolean {
    return this.#controller.signal.aborted;
  }

  interrupt(): void {
    this.#controller.abort();
  }

  check(): void {
    if (this.interrupted) throw new Interrupted("interrupted");
  }

  /** Throws Interrupted as soon as it is called for; the work itself goes on unobserved. */
  async unless<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    let stop: () => void = () => undefined;
    const interrupted = new Promise<never>((_, reject) => {
      stop = () => reject(new Interrupted("interrupted"));
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
    work.catch(() => undefined);
    try {
      return await Promise.race([work, interrupted]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}
