import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { Outcome } from "../pipeline/types.ts";

/** What a POST to a subresource answers that makes nothing. */
export function success(code: number): Outcome {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code };
  return {
    object: status as unknown as UnstructuredObject,
    bytes: Buffer.from(JSON.stringify(status)),
    revision: 0,
    created: true,
  };
}
