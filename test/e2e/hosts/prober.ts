/** The test's end of an inhabitant. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Host } from "./host.ts";
import type { Answer, Question } from "./inhabitant.ts";

const inhabitant = fileURLToPath(new URL("inhabitant.ts", import.meta.url));

export class Prober {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #next = 1;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** `pid`: a process on that host, whose network it enters; absent: the host's own. `ports`: "TCP/80". Resolves when it listens. */
  static async in(host: Host, pid: number | undefined, name: string, ports: readonly string[]): Promise<Prober> {
    const enter = pid === undefined ? [] : ["nsenter", "--target", String(pid), "--net"];
    const child = host.spawn([...enter, process.execPath, inhabitant, name, ...ports]);
    const prober = new Prober(child);
    await new Promise<void>((resolve, reject) => {
      prober.#pending.set(0, () => resolve());
      child.on("exit", () => reject(new Error(`the inhabitant of ${name} ended`)));
      if (!child.stdout) return;
      createInterface({ input: child.stdout }).on("line", (line) => {
        const answer = JSON.parse(line) as Answer;
        prober.#pending.get(answer.id)?.(answer);
        prober.#pending.delete(answer.id);
      });
    });
    return prober;
  }

  /** "NAME saw ADDRESS"; undefined: no answer, or refused. */
  async ask(
    address: string,
    port: number,
    protocol: "TCP" | "UDP" = "TCP",
    timeout = 400,
  ): Promise<string | undefined> {
    const id = this.#next++;
    const answered = new Promise<Answer>((resolve) => this.#pending.set(id, resolve));
    const question: Question = { id, protocol, address, port, timeout };
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    return (await answered).said;
  }

  close(): void {
    this.#child.stdin?.end();
  }
}
