/** How an error of a call crosses the wire: a Status of the API as it is, anything else as a LinkError with its reason. */
import { StatusError } from "../../src/machinery/status/error.ts";
import type { Status } from "../../src/machinery/types/meta/v1.ts";
import { LinkError } from "../agent.ts";
import type { Failure } from "./messages.ts";

export function errorBytes(error: unknown): Buffer {
  const form = error instanceof StatusError ? { status: error.status } : failureOf(error);
  return Buffer.from(JSON.stringify(form));
}

/** Undefined for what is none. */
export function errorFromBytes(bytes: Buffer): Error | undefined {
  try {
    const form = JSON.parse(bytes.toString()) as { status?: Status } & Failure;
    return form.status ? new StatusError(form.status) : errorOf(form);
  } catch {
    return undefined;
  }
}

export function failureOf(error: unknown): Failure {
  const { message } = error as Error;
  return { reason: error instanceof LinkError ? error.reason : "Internal", message };
}

const reasons: readonly LinkError["reason"][] = ["NotFound", "BadRequest", "Unavailable", "Internal"];

export function errorOf({ reason, message }: Failure): LinkError {
  return new LinkError(reasons.find((known) => known === reason) ?? "Internal", message);
}
