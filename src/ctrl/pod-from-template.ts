import type { KubeObject } from "../machinery/meta/object.ts";
import type { Pod, PodTemplateSpec } from "../machinery/types/core/v1.ts";
import { controllerReference } from "./controller-ref.ts";

/** The pod that a workload controller makes from its template; the API server completes the name. */
export function podFromTemplate(template: PodTemplateSpec, owner: KubeObject, apiVersion: string, kind: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(owner.metadata.namespace ? { namespace: owner.metadata.namespace } : {}),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner, apiVersion, kind)],
    },
    ...(template.spec ? { spec: template.spec } : {}),
  };
}
