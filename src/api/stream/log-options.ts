import type { LogOptions } from "../../../proto/agent.ts";
import type { FieldError } from "../../machinery/kinds/types.ts";
import { badRequest, invalid } from "../../machinery/status/errors.ts";
import { fieldForbidden, invalidValue, notSupported } from "../../machinery/status/field-errors.ts";
import { goQuote } from "../../machinery/status/go-format.ts";
import { booleanOf, integerOf } from "./query.ts";

const streams = ["All", "Stderr", "Stdout"] as const;

/** PodLogOptions of a query; the container is chosen elsewhere. Throws 400 for what cannot be parsed, 422 for what cannot be. */
export function logOptionsOf(query: URLSearchParams, podName: string): Omit<LogOptions, "container"> {
  const sinceSeconds = integerOf(query, "sinceSeconds");
  const sinceTime = timeOf(query);
  const tailLines = integerOf(query, "tailLines");
  const limitBytes = integerOf(query, "limitBytes");
  const stream = query.get("stream") || undefined;
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalidValue("tailLines", tailLines, "must be greater than or equal to 0"));
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalidValue("limitBytes", limitBytes, "must be greater than 0"));
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push(fieldForbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalidValue("sinceSeconds", sinceSeconds, "must be greater than 0"));
  }
  const known = streams.find((name) => name === stream);
  if (stream !== undefined && !known) errors.push(notSupported("stream", stream, streams));
  if (tailLines !== undefined && known && known !== "All") {
    errors.push(fieldForbidden("", "`tailLines` and specific `stream` are mutually exclusive for now"));
  }
  if (errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, podName, errors);
  return {
    follow: booleanOf(query, "follow"),
    previous: booleanOf(query, "previous"),
    timestamps: booleanOf(query, "timestamps"),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(known ? { stream: known } : {}),
  };
}

function timeOf(query: URLSearchParams): string | undefined {
  const value = query.get("sinceTime");
  if (!value) return undefined;
  const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
  if (rfc3339.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw badRequest(
    `parsing time ${goQuote(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${goQuote(value)} as "2006"`,
  );
}
