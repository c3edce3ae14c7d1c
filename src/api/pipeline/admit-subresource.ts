import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { AdmissionRequest } from "../admission/types.ts";
import type { Call, Pipeline } from "./types.ts";

/** A POST to a subresource that stores nothing of its own (eviction, binding, token) goes by admission as a create. */
export async function admitSubresource(
  pipeline: Pipeline,
  call: Call,
  object: UnstructuredObject,
  dryRun: boolean,
): Promise<void> {
  const request: AdmissionRequest = {
    operation: "CREATE",
    user: call.user,
    resource: call.resource,
    namespace: call.namespace,
    name: call.name,
    subresource: call.subresource,
    dryRun,
    object,
    warn: (text) => call.warnings.push(text),
  };
  const admitted = pipeline.admission.admit(request);
  if (admitted) await admitted;
  const validated = pipeline.admission.validate(request);
  if (validated) await validated;
}
