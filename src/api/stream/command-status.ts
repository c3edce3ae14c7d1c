/** How a command ended, as clients read it from the error channel. */
import type { ExecResult } from "../../../proto/agent.ts";
import { internalError } from "../../machinery/status/errors.ts";
import type { Status } from "../../machinery/types/meta/v1.ts";

export function statusOf({ exitCode = 0 }: ExecResult): Status {
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}

/** The command could not be run at all. */
export function statusOfError(error: Error): Status {
  return internalError(`unable to upgrade connection: ${error.message}`, { cause: error }).status;
}
