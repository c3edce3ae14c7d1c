import type { PodSpec } from "../../machinery/types/core/v1.ts";
import type { AdmissionPlugin } from "./types.ts";

/**
 * A pod that names no service account runs as its namespace's "default". Tokens are not mounted, and the account need not
 * exist, as long as no tokens are issued.
 */
export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  handles: ({ operation, resource, subresource }) =>
    operation === "CREATE" && subresource === "" && resource.resource === "pods" && resource.group === "",
  admit({ object }) {
    const spec = object?.spec as PodSpec | undefined;
    if (spec === undefined || object?.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return;
    spec.serviceAccountName ||= "default";
    // The old name of the field is kept in step.
    spec.serviceAccount = spec.serviceAccountName;
  },
};
