import type { ServiceAccount } from "../../machinery/types/core/v1.ts";
import { onePerNamespace } from "../per-namespace.ts";
import type { ControllerFactory } from "../types.ts";

/** Every namespace has a ServiceAccount "default", which pods that name none run under. */
export const serviceAccountController: ControllerFactory = (context) =>
  onePerNamespace<ServiceAccount>(context, {
    name: "serviceaccount",
    gvr: { group: "", version: "v1", resource: "serviceaccounts" },
    objectName: "default",
    wanted: (current, namespace) =>
      current ? undefined : { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } },
  });
