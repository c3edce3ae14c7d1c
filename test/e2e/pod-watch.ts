/** Every state of every pod, as one `kubectl get -w` tells it: nothing is polled, and nothing passing is missed. */
import { type ChildProcess, spawn } from "node:child_process";
import type { ContainerStatus, Pod } from "../../src/machinery/types/core/v1.ts";

interface WatchEvent {
  readonly type: string;
  readonly object: Pod;
}

export class PodWatch {
  readonly #seen = new Map<string, Pod[]>();
  readonly #gone = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #child: ChildProcess | undefined;
  #rest = "";

  start(binary: string, kubeconfig: string): void {
    const args = ["get", "pods", "-A", "-w", "--output-watch-events", "-o", "json"];
    const child = spawn(binary, args, {
      env: { PATH: process.env.PATH, HOME: "/", KUBECONFIG: kubeconfig },
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#child = child;
    this.#rest = "";
    child.stdout.on("data", (chunk: Buffer) => this.#take(chunk.toString("utf8")));
  }

  /** With the type of each event, kubectl prints one document a line. */
  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#record(JSON.parse(line) as WatchEvent);
    for (const listener of this.#listeners) listener();
  }

  #record({ type, object }: WatchEvent): void {
    const name = object.metadata.name ?? "";
    if (type === "DELETED") this.#gone.add(name);
    else this.#gone.delete(name);
    this.#seen.set(name, [...(this.#seen.get(name) ?? []), object]);
  }

  /** All states of the pod so far, the first one first. */
  history(name: string): readonly Pod[] {
    return this.#seen.get(name) ?? [];
  }

  /** Resolves with the first state that satisfies, of those that were and those to come. */
  ever(name: string, satisfies: (pod: Pod) => boolean, timeout = 40_000): Promise<Pod> {
    return this.#wait(name, () => this.history(name).find(satisfies), timeout);
  }

  /** Resolves when the newest state satisfies. */
  now(name: string, satisfies: (pod: Pod) => boolean, timeout = 40_000): Promise<Pod> {
    return this.#wait(name, () => [this.history(name).at(-1)].find((pod) => pod && satisfies(pod)), timeout);
  }

  ready(name: string, timeout?: number): Promise<Pod> {
    return this.now(name, (pod) => conditionOf(pod, "Ready") === "True", timeout);
  }

  gone(name: string, timeout = 40_000): Promise<Pod> {
    return this.#wait(name, () => (this.#gone.has(name) ? this.history(name).at(-1) : undefined), timeout);
  }

  #wait(name: string, look: () => Pod | undefined, timeout: number): Promise<Pod> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#listeners.delete(check);
      };
      const check = () => {
        const found = look();
        if (!found) return;
        done();
        resolve(found);
      };
      const timer = setTimeout(() => {
        done();
        const last = JSON.stringify(this.history(name).at(-1)?.status, null, 1);
        reject(new Error(`pod ${name}: not within ${timeout} ms; last: ${last}`));
      }, timeout);
      this.#listeners.add(check);
      check();
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill();
    await ended;
  }
}

export function conditionOf(pod: Pod, type: string): string | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type)?.status;
}

/** Of the pod's first container, where no name is given. */
export function containerOf(pod: Pod, name?: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find((status) => name === undefined || status.name === name);
}

export function waitingFor(pod: Pod, name?: string): string | undefined {
  return containerOf(pod, name)?.state?.waiting?.reason;
}
