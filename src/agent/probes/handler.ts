/** What the probe handlers share. */
import type { Clock } from "../../machinery/clock.ts";
import { goQuote } from "../../machinery/status/go-format.ts";
import type { Container } from "../../machinery/types/core/v1.ts";
import type { ProbeTarget } from "./types.ts";

/** "error": the probe itself could not be made (a port name nobody knows, the runtime does not answer): it decides nothing. */
export interface Attempt {
  readonly outcome: "success" | "failure" | "error";
  readonly output: string;
}

/** What handlers share. `signal` aborts when the container is no longer probed. */
export interface AttemptContext {
  readonly target: ProbeTarget;
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Outputs are cut here, as the kubelet does. */
export const outputLimit = 10 << 10;

/** A number, or the name of one of the container's ports. */
export function portOf(port: number | string, container: Container): number {
  const named = typeof port === "string" ? container.ports?.find(({ name }) => name === port) : undefined;
  if (typeof port === "string" && !named && !/^\d+$/.test(port)) {
    throw new Error(`strconv.Atoi: parsing ${goQuote(port)}: invalid syntax`);
  }
  const number = named?.containerPort ?? Number(port);
  if (number > 0 && number < 65536) return number;
  throw new Error(`invalid port number: ${number}`);
}

/** "1s", "1m0s": a time.Duration of whole seconds. */
export function goSeconds(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

/** "1.2.3.4:80", "[::1]:80" */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
