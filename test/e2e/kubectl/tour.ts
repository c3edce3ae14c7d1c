/** One kubectl command after the other, each with what a real cluster answers. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { type ClientResult, runClient } from "../../clients/kubectl.ts";
import { until } from "../until.ts";

export interface Step {
  /** Split at spaces; an argument with spaces in it stands in an array. "{ns}" is the tour's namespace, "{dir}" its folder. */
  readonly run: string | readonly string[];
  /** The whole of standard output. */
  readonly says?: string;
  readonly matches?: RegExp;
  /** Of standard error. */
  readonly warns?: string | RegExp;
  /** Default 0. */
  readonly code?: number;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs again until the answer is right. */
  readonly eventually?: true;
  /** The oldest kubectl that has this: 31, 35. */
  readonly since?: number;
  readonly before?: number;
}

export interface Tour {
  readonly binary: string;
  readonly version: number;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly folder: string;
}

export async function file(tour: Tour, name: string, text: string): Promise<void> {
  const path = join(tour.folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

export async function take(tour: Tour, step: Step): Promise<ClientResult> {
  if (!step.eventually) {
    const result = await once(tour, step);
    check(tour, step, result);
    return result;
  }
  let last: unknown;
  return until(
    () => once(tour, step),
    (result) => {
      try {
        check(tour, step, result);
        return true;
      } catch (error) {
        last = error;
        return false;
      }
    },
    { timeout: 20_000 },
  ).catch(() => {
    throw last;
  });
}

function once(tour: Tour, { run, stdin, env }: Step): Promise<ClientResult> {
  const args = (typeof run === "string" ? run.split(" ") : run).map((arg) => filled(tour, arg));
  return runClient(tour.binary, args, {
    kubeconfig: tour.kubeconfig,
    ...(stdin === undefined ? {} : { stdin: filled(tour, stdin) }),
    ...(env ? { env } : {}),
  });
}

function filled({ namespace, folder }: Tour, text: string): string {
  return text.replaceAll("{ns}", namespace).replaceAll("{dir}", folder);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: cluster-info of 1.31 is coloured wherever it is printed
const colours = /\x1b\[[\d;]*m/g;

function check(tour: Tour, step: Step, { code, stdout, stderr }: ClientResult): void {
  const command = `kubectl ${typeof step.run === "string" ? step.run : step.run.join(" ")}`;
  expect(code, `${command}: ${stderr}${stdout}`).toBe(step.code ?? 0);
  // 1.35 says from where, 1.31 does not.
  const told = stdout.replaceAll(` from ${tour.namespace} namespace`, "").replace(colours, "");
  if (step.says !== undefined) expect(told, command).toBe(filled(tour, step.says));
  if (step.matches !== undefined) expect(told, command).toMatch(step.matches);
  if (typeof step.warns === "string") expect(stderr, command).toBe(filled(tour, step.warns));
  else if (step.warns !== undefined) expect(stderr, command).toMatch(step.warns);
}
