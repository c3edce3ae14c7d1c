/** How long it took to be well again, printed in the end. */
export class Recoveries {
  readonly #lines: string[] = [];

  async timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    this.note(`${what}: ${((performance.now() - started) / 1000).toFixed(2)} s`);
    return result;
  }

  note(line: string): void {
    this.#lines.push(line);
  }

  print(): void {
    console.info(`recovery:\n${this.#lines.map((line) => `  ${line}`).join("\n")}`);
  }
}
