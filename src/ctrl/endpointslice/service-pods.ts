/** Which pods stand behind which Services, and which news of a pod matter to them. */
import type { Informer } from "../../api/client/types.ts";
import { isPodReady } from "../../machinery/kinds/core/pod/conditions.ts";
import { isPodTerminal } from "../../machinery/kinds/core/pod/phase.ts";
import { keyOf } from "../../machinery/meta/object.ts";
import type { Pod, Service } from "../../machinery/types/core/v1.ts";

export const podResource = { group: "", version: "v1", resource: "pods" };
export const serviceResource = { group: "", version: "v1", resource: "services" };

/** Whether endpoints are kept for the Service at all: one without a selector, or that is only a name, has none of ours. */
export function hasEndpoints(service: Service): boolean {
  const selector = service.spec?.selector;
  return selector !== undefined && Object.keys(selector).length > 0 && service.spec?.type !== "ExternalName";
}

export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === "None";
}

export function selectsPod(service: Service, labels: Readonly<Record<string, string>> | undefined): boolean {
  if (!hasEndpoints(service)) return false;
  const selector = service.spec?.selector;
  for (const key in selector) if (labels?.[key] !== selector[key]) return false;
  return true;
}

/** The pods that may receive traffic: they have an address and have not ended. */
export function podsBehind(service: Service, pods: readonly Pod[]): Pod[] {
  return pods.filter(
    (pod) => selectsPod(service, pod.metadata.labels) && !isPodTerminal(pod) && podAddresses(pod).length > 0,
  );
}

export function podAddresses(pod: Pod): string[] {
  const addresses = (pod.status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined && ip !== "");
  if (addresses.length > 0) return addresses;
  return pod.status?.podIP ? [pod.status.podIP] : [];
}

/** The pod's name under a headless Service, where it has one. */
export function hostnameUnder(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

/** Calls `enqueue` with the key of every Service whose endpoints may have changed with a Service or a pod. */
export function watchServicesAndPods(
  services: Informer<Service>,
  pods: Informer<Pod>,
  enqueue: (serviceKey: string) => void,
): void {
  const enqueueFor = (pod: Pod, old?: Pod): void => {
    for (const service of services.lister.list(pod.metadata.namespace)) {
      if (selectsPod(service, pod.metadata.labels) || (old && selectsPod(service, old.metadata.labels))) {
        enqueue(keyOf(service));
      }
    }
  };
  services.addHandler({
    add: (service) => enqueue(keyOf(service)),
    update: (service) => enqueue(keyOf(service)),
    delete: (service) => enqueue(keyOf(service)),
  });
  pods.addHandler({
    add: (pod) => enqueueFor(pod),
    update(pod, old) {
      if (matters(pod, old)) enqueueFor(pod, old);
    },
    delete: (pod) => enqueueFor(pod),
  });
}

function matters(pod: Pod, old: Pod): boolean {
  return (
    isPodReady(pod) !== isPodReady(old) ||
    isPodTerminal(pod) !== isPodTerminal(old) ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    pod.spec?.nodeName !== old.spec?.nodeName ||
    podAddresses(pod).join() !== podAddresses(old).join() ||
    JSON.stringify(pod.metadata.labels) !== JSON.stringify(old.metadata.labels)
  );
}
