/** The bench's end of the traffic in one network. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Host } from "../../test/e2e/hosts/host.ts";
import type { Command } from "./commands.ts";

const traffic = fileURLToPath(new URL("traffic.ts", import.meta.url));

interface Waiting {
  readonly resolve: (result: number) => void;
  readonly reject: (error: Error) => void;
}

export class Station {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** `pid`: a process of that host, whose network it enters. Resolves when it serves. */
  static async in(host: Host, pid: number): Promise<Station> {
    const command = ["nsenter", "--target", String(pid), "--net", process.execPath, traffic];
    const station = new Station(host.spawn(command));
    const ready = station.#answer(0);
    const { stdout } = station.#child;
    if (stdout) createInterface({ input: stdout }).on("line", (line) => station.#take(line));
    await ready;
    return station;
  }

  do(command: Command): Promise<number> {
    const id = this.#next++;
    const answer = this.#answer(id);
    this.#child.stdin?.write(`${JSON.stringify({ id, ...command })}\n`);
    return answer;
  }

  #answer(id: number): Promise<number> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #take(line: string): void {
    const { id, result, error } = JSON.parse(line) as { id: number; result: number; error?: string };
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  }
}
