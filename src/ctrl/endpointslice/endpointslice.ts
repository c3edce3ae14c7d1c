import { isDeepStrictEqual } from "node:util";
import { keyOf, splitKey } from "../../machinery/meta/object.ts";
import type { Node, Pod, Service } from "../../machinery/types/core/v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import { isNotFound, QueuedController } from "../controller.ts";
import { controllerReference } from "../controller-ref.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import type { ControllerFactory } from "../types.ts";
import { endpointOf, endpointPortsOf } from "./endpoint-of-pod.ts";
import { packEndpoints, portsKey } from "./pack.ts";
import {
  hasEndpoints,
  isHeadless,
  podAddresses,
  podResource,
  podsBehind,
  serviceResource,
  watchServicesAndPods,
} from "./service-pods.ts";
import { WrittenSlices } from "./written-slices.ts";

const sliceResource = { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" };
const nodeResource = { group: "", version: "v1", resource: "nodes" };
const serviceNameLabel = "kubernetes.io/service-name";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";
const headlessLabel = "service.kubernetes.io/headless";
const manager = "endpointslice-controller.k8s.io";

/** Keeps the EndpointSlices of every Service with a selector (https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/). */
export const endpointSliceController: ControllerFactory = ({ client, informers, clock, log }) => {
  const services = informers.informer<Service>(serviceResource);
  const pods = informers.informer<Pod>(podResource);
  const nodes = informers.informer<Node>(nodeResource);
  const slices = informers.informer<EndpointSlice>(sliceResource);
  const written = new WrittenSlices();
  slices.addIndex("service", (slice) => {
    const name = ownedBy(slice);
    return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`];
  });

  const controller = new QueuedController({ name: "endpointslice", clock, log, reconcile });
  const enqueue = (key: string) => controller.queue.add(key);
  watchServicesAndPods(services, pods, enqueue);
  const enqueueOwner = (slice: EndpointSlice) => {
    const name = ownedBy(slice);
    if (name !== undefined) enqueue(`${slice.metadata.namespace}/${name}`);
  };
  slices.addHandler({
    add: enqueueOwner,
    update(slice, old) {
      enqueueOwner(slice);
      if (ownedBy(old) !== ownedBy(slice)) enqueueOwner(old);
    },
    delete(slice) {
      const name = ownedBy(slice);
      if (name !== undefined) written.forget(`${slice.metadata.namespace}/${name}`, slice);
      enqueueOwner(slice);
    },
  });
  return controller;

  async function reconcile(key: string): Promise<void> {
    const service = services.lister.get(key);
    // The garbage collector takes the slices of a Service that is gone.
    if (!service || service.metadata.deletionTimestamp || !hasEndpoints(service)) return;
    // The event of what is missing brings the Service back here.
    if (!written.allSeen(key, slices.lister)) return;
    const existing = slices.lister.byIndex("service", key).filter((slice) => !slice.metadata.deletionTimestamp);
    const families = service.spec?.ipFamilies?.length ? service.spec.ipFamilies : ["IPv4"];
    for (const slice of existing) if (!families.includes(slice.addressType)) await remove(key, slice);
    for (const family of families) {
      const ofFamily = existing.filter((slice) => slice.addressType === family);
      await reconcileFamily(key, service, family, ofFamily);
    }
  }

  async function reconcileFamily(key: string, service: Service, family: string, existing: EndpointSlice[]) {
    const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
    for (const pod of podsBehind(service, pods.lister.list(service.metadata.namespace))) {
      const address = podAddresses(pod).find((one) => (family === "IPv6") === one.includes(":"));
      if (address === undefined) continue;
      const ports = endpointPortsOf(service, pod);
      const group = groups.get(portsKey(ports)) ?? { ports, endpoints: [] };
      groups.set(portsKey(ports), group);
      group.endpoints.push(endpointOf(service, pod, address, nodes.lister.get(pod.spec?.nodeName ?? "")));
    }
    // A Service without pods has one empty slice, so that it can be seen that somebody looked.
    if (groups.size === 0) groups.set("", { ports: [], endpoints: [] });
    for (const [ports, group] of groups) {
      const same = existing.filter((slice) => portsKey(slice.ports) === ports);
      await reconcileGroup(key, service, family, group.ports, same, group.endpoints);
    }
    for (const slice of existing) if (!groups.has(portsKey(slice.ports))) await remove(key, slice);
  }

  async function reconcileGroup(
    key: string,
    service: Service,
    family: string,
    ports: EndpointPort[],
    existing: EndpointSlice[],
    endpoints: Endpoint[],
  ): Promise<void> {
    const packed = packEndpoints(existing, endpoints);
    // Nothing to hold, and nothing there to say so: the last empty slice stays, or is made.
    const empty = endpoints.length === 0;
    const placeholder = empty ? packed.remove.at(-1) : undefined;
    for (const { slice, endpoints: now } of packed.update) await update(key, service, slice, now);
    for (const slice of packed.keep) await update(key, service, slice, slice.endpoints ?? []);
    for (const slice of packed.remove) {
      if (slice === placeholder) await update(key, service, slice, []);
      else await remove(key, slice);
    }
    const create = empty && !placeholder ? [[]] : packed.create;
    for (const some of create) await add(key, service, family, ports, some);
  }

  async function add(
    key: string,
    service: Service,
    family: string,
    ports: EndpointPort[],
    endpoints: readonly Endpoint[],
  ): Promise<void> {
    const { name = "", namespace } = service.metadata;
    const slice: EndpointSlice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        generateName: `${name}-`,
        ...(namespace ? { namespace } : {}),
        labels: labelsFor(service),
        ownerReferences: [controllerReference(service, "v1", "Service")],
      },
      addressType: family,
      endpoints: [...endpoints],
      ports,
    };
    try {
      written.wrote(key, await client.resource<EndpointSlice>(sliceResource, namespace).create(slice));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  /** Writes only where something differs. */
  async function update(key: string, service: Service, slice: EndpointSlice, endpoints: readonly Endpoint[]) {
    const labels = labelsFor(service);
    const before = slice.endpoints ?? [];
    if (isDeepStrictEqual(slice.metadata.labels, labels) && isDeepStrictEqual(before, endpoints)) return;
    const next = { ...slice, metadata: { ...slice.metadata, labels }, endpoints: [...endpoints] };
    written.wrote(key, await client.resource<EndpointSlice>(sliceResource, slice.metadata.namespace).update(next));
  }

  async function remove(key: string, slice: EndpointSlice): Promise<void> {
    const { name = "", namespace, uid } = slice.metadata;
    const resource = client.resource<EndpointSlice>(sliceResource, namespace);
    try {
      await resource.delete(name, uid ? { preconditions: { uid } } : {});
      written.removed(key, slice);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
};

/** The name of the Service whose slice it is, where it is one of ours. */
function ownedBy(slice: EndpointSlice): string | undefined {
  const labels = slice.metadata.labels;
  return labels?.[managedByLabel] === manager ? labels[serviceNameLabel] : undefined;
}

function labelsFor(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...own } = service.metadata.labels ?? {};
  return {
    ...own,
    ...(isHeadless(service) ? { [headlessLabel]: "" } : {}),
    [serviceNameLabel]: splitKey(keyOf(service)).name,
    [managedByLabel]: manager,
  };
}
