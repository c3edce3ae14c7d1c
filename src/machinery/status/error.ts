/**
 * The one error the API layer answers with: a `Status` object, as kube-apiserver gives it
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/). The constructors beside this file
 * carry Kubernetes' wording; nobody builds a Status by hand.
 */
import type { Status, StatusDetails, StatusReason } from "../types/meta/v1.ts";

export class StatusError extends Error {
  override name = "StatusError";
  readonly status: Status;
  /** Sent as a Retry-After header and in details.retryAfterSeconds. */
  get retryAfterSeconds(): number | undefined {
    return this.status.details?.retryAfterSeconds;
  }
  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? "", options);
    this.status = status;
  }
  get code(): number {
    return this.status.code ?? 500;
  }
  get reason(): StatusReason {
    return this.status.reason ?? "";
  }
}

export function failure(
  code: number,
  reason: StatusReason,
  message: string,
  details?: StatusDetails,
  options?: ErrorOptions,
): StatusError {
  return new StatusError(
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      ...(details ? { details } : {}),
      code,
    },
    options,
  );
}
