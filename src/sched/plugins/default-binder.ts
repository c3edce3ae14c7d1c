import type { Client } from "../../api/client/types.ts";
import type { Binding, Pod } from "../../machinery/types/core/v1.ts";
import type { Plugin } from "../framework/types.ts";

const pods = { group: "", version: "v1", resource: "pods" };

/** Binds through the pods/binding subresource, under the pod's uid. */
export function defaultBinder(client: Client): Plugin {
  return {
    name: "DefaultBinder",
    async bind({ pod }, nodeName) {
      const { name = "", namespace, uid } = pod.metadata;
      const binding: Binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) },
        target: { kind: "Node", name: nodeName },
      };
      await client.resource<Pod>(pods, namespace).createSubresource(name, "binding", binding);
    },
  };
}
