import { isDeepStrictEqual } from "node:util";
import { keyOf, splitKey } from "../../machinery/meta/object.ts";
import type { Endpoints, Pod, Service } from "../../machinery/types/core/v1.ts";
import { isNotFound, QueuedController } from "../controller.ts";
import {
  hasEndpoints,
  isHeadless,
  podResource,
  serviceResource,
  watchServicesAndPods,
} from "../endpointslice/service-pods.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import type { ControllerFactory } from "../types.ts";
import { subsetsOf } from "./subsets.ts";

const endpointsResource = { group: "", version: "v1", resource: "endpoints" };
const headlessLabel = "service.kubernetes.io/headless";
const managedByLabel = "endpoints.kubernetes.io/managed-by";
const manager = "endpoint-controller";
const overCapacity = "endpoints.kubernetes.io/over-capacity";
/** Endpoints that serve as a lock for leader election belong to no Service. */
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

/** Keeps the Endpoints object of every Service with a selector, under the Service's name. */
export const endpointController: ControllerFactory = ({ client, informers, clock, log }) => {
  const services = informers.informer<Service>(serviceResource);
  const pods = informers.informer<Pod>(podResource);
  const endpoints = informers.informer<Endpoints>(endpointsResource);
  const controller = new QueuedController({ name: "endpoint", clock, log, reconcile });
  const enqueue = (key: string) => controller.queue.add(key);
  watchServicesAndPods(services, pods, enqueue);
  endpoints.addHandler({
    // Also finds those whose Service went while nobody looked.
    add: (object) => enqueue(keyOf(object)),
    delete: (object) => enqueue(keyOf(object)),
  });
  return controller;

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const resource = client.resource<Endpoints>(endpointsResource, namespace);
    const service = services.lister.get(key);
    const current = endpoints.lister.get(key);
    if (!service) {
      if (!current || current.metadata.annotations?.[leaderAnnotation] !== undefined) return;
      try {
        await resource.delete(name);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return;
    }
    if (service.metadata.deletionTimestamp || !hasEndpoints(service)) return;
    const { subsets, truncated } = subsetsOf(service, pods.lister.list(namespace));
    const labels = labelsFor(service);
    const annotations = annotationsFor(current, truncated);
    if (!current) {
      const metadata = { name, namespace, labels, ...(annotations ? { annotations } : {}) };
      try {
        await resource.create({ apiVersion: "v1", kind: "Endpoints", metadata, subsets });
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error;
      }
      return;
    }
    const { annotations: before, ...rest } = current.metadata;
    const unchanged =
      isDeepStrictEqual(current.subsets ?? [], subsets) &&
      isDeepStrictEqual(rest.labels ?? {}, labels) &&
      isDeepStrictEqual(before ?? {}, annotations ?? {});
    if (unchanged) return;
    await resource.update({
      ...current,
      metadata: { ...rest, labels, ...(annotations ? { annotations } : {}) },
      subsets,
    });
  }
};

function labelsFor(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...own } = service.metadata.labels ?? {};
  return { ...own, ...(isHeadless(service) ? { [headlessLabel]: "" } : {}), [managedByLabel]: manager };
}

function annotationsFor(current: Endpoints | undefined, truncated: boolean): Record<string, string> | undefined {
  const { [overCapacity]: _, ...kept } = current?.metadata.annotations ?? {};
  const annotations = truncated ? { ...kept, [overCapacity]: "truncated" } : kept;
  return Object.keys(annotations).length > 0 ? annotations : undefined;
}
