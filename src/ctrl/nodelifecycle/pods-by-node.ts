import type { Informer } from "../../api/client/types.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";

const none: readonly Pod[] = [];

/** The pods of a node, kept by handlers: several controllers may ask without agreeing on an index of the shared informer. */
export function podsByNode(informer: Informer<Pod>): (nodeName: string) => readonly Pod[] {
  const nodes = new Map<string, Map<string, Pod>>();
  const keyIn = (pod: Pod) => `${pod.metadata.namespace}/${pod.metadata.name}`;
  const take = (pod: Pod): void => {
    const nodeName = pod.spec?.nodeName;
    if (!nodeName) return;
    const pods = nodes.get(nodeName);
    if (pods?.delete(keyIn(pod)) && pods.size === 0) nodes.delete(nodeName);
  };
  const put = (pod: Pod): void => {
    const nodeName = pod.spec?.nodeName;
    if (!nodeName) return;
    const pods = nodes.get(nodeName) ?? new Map<string, Pod>();
    nodes.set(nodeName, pods.set(keyIn(pod), pod));
  };
  informer.addHandler({
    add: put,
    update(pod, old) {
      if (old.spec?.nodeName !== pod.spec?.nodeName) take(old);
      put(pod);
    },
    delete: take,
  });
  return (nodeName) => {
    const pods = nodes.get(nodeName);
    return pods ? [...pods.values()] : none;
  };
}
