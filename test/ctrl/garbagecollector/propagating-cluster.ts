import type { DeleteOptions, ResourceClient } from "../../../src/api/client/types.ts";
import type { GroupVersionResource, KubeObject } from "../../../src/machinery/meta/object.ts";
import { SimulatedCluster } from "../simulated-cluster.ts";

const finalizerOf = { Foreground: "foregroundDeletion", Orphan: "orphan", Background: undefined };

/** The fake API server with what a delete leaves to the garbage collector: the finalizers of foreground and orphaning deletion. */
export class PropagatingCluster extends SimulatedCluster {
  constructor() {
    super();
    const plain = this.api.resource.bind(this.api);
    this.api.resource = <T extends KubeObject>(gvr: GroupVersionResource, namespace?: string): ResourceClient<T> => {
      const resource = plain<T>(gvr, namespace);
      const remove = resource.delete.bind(resource);
      resource.delete = async (name: string, options: DeleteOptions = {}) => {
        const { propagationPolicy = "Background", preconditions } = options;
        const finalizer = finalizerOf[propagationPolicy];
        const { metadata } = await resource.get(name);
        const others = (metadata.finalizers ?? []).filter((each) => each !== "orphan" && each !== "foregroundDeletion");
        const finalizers = finalizer ? [...others, finalizer] : others;
        if (finalizers.join() === (metadata.finalizers ?? []).join()) return remove(name, options);
        const { resourceVersion = metadata.resourceVersion, uid = metadata.uid } = preconditions ?? {};
        await resource.patch(name, { type: "merge", patch: { metadata: { uid, resourceVersion, finalizers } } });
        return remove(name, { ...options, preconditions: {} });
      };
      return resource;
    };
  }
}
