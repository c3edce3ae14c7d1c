import { StatusError } from "../../machinery/status/error.ts";
import { ExitError } from "../exit-error.ts";
import type { RestClient } from "./client.ts";
import type { ApiResource } from "./resource-mapping.ts";
import { watchUntil } from "./watch-until.ts";

export interface WaitGoneOptions {
  readonly resource: ApiResource;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Another object of the same name counts as gone. */
  readonly uid: string | undefined;
  /** Milliseconds; 0 or less: without end. */
  readonly timeout: number;
}

/** Watches the object until it is gone. Throws as kubectl does when the time is over. */
export async function waitUntilGone(client: RestClient, options: WaitGoneOptions): Promise<void> {
  const { resource, namespace, name, uid } = options;
  const signal = options.timeout > 0 ? AbortSignal.timeout(options.timeout) : undefined;
  try {
    await watchUntil(
      client,
      { resource, namespace, name, ...(signal ? { signal } : {}) },
      (object) => object === undefined || (uid !== undefined && object.metadata.uid !== uid),
    );
  } catch (error) {
    if (signal?.aborted) {
      throw new ExitError(1, `error: timed out waiting for the condition on ${resource.plural}/${name}`);
    }
    // Who may delete but not list cannot wait, and need not fail for it.
    if (error instanceof StatusError && error.code === 403) return;
    throw error;
  }
}
