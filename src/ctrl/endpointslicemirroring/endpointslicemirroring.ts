/** EndpointSlices for Services without a selector whose Endpoints somebody writes: nodes only look at slices. */
import { isDeepStrictEqual } from "node:util";
import { keyOf } from "../../machinery/meta/object.ts";
import type { Endpoints, Service } from "../../machinery/types/core/v1.ts";
import type { Endpoint, EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import { isNotFound, QueuedController } from "../controller.ts";
import { controllerReference } from "../controller-ref.ts";
import { packEndpoints } from "../endpointslice/pack.ts";
import { WrittenSlices } from "../endpointslice/written-slices.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import type { ControllerFactory } from "../types.ts";
import { groupKey, type MirroredGroup, mirroredGroups } from "./mirrored.ts";

const endpointsResource = { group: "", version: "v1", resource: "endpoints" };
const serviceResource = { group: "", version: "v1", resource: "services" };
const sliceResource = { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" };
const serviceNameLabel = "kubernetes.io/service-name";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const manager = "endpointslicemirroring-controller.k8s.io";
const mirroredFrom = "endpointslicemirroring/service";

export const endpointSliceMirroringController: ControllerFactory = ({ client, informers, clock, log }) => {
  const endpoints = informers.informer<Endpoints>(endpointsResource);
  const services = informers.informer<Service>(serviceResource);
  const slices = informers.informer<EndpointSlice>(sliceResource);
  const written = new WrittenSlices();
  slices.addIndex(mirroredFrom, (slice) => ownerKeys(slice));
  const controller = new QueuedController({ name: "endpointslicemirroring", clock, log, reconcile });
  const enqueue = (object: Endpoints | Service): void => controller.queue.add(keyOf(object));
  const enqueueOwner = (slice: EndpointSlice): void => {
    for (const key of ownerKeys(slice)) controller.queue.add(key);
  };
  endpoints.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
  services.addHandler({
    add: enqueue,
    update: (service, old) => {
      if (hasSelector(service) !== hasSelector(old)) enqueue(service);
    },
    delete: enqueue,
  });
  slices.addHandler({
    add: enqueueOwner,
    update: enqueueOwner,
    delete(slice) {
      for (const key of ownerKeys(slice)) written.forget(key, slice);
      enqueueOwner(slice);
    },
  });
  return controller;

  async function reconcile(key: string): Promise<void> {
    if (!written.allSeen(key, slices.lister)) return;
    const existing = slices.lister.byIndex(mirroredFrom, key);
    const object = endpoints.lister.get(key);
    const service = services.lister.get(key);
    const wanted = object && service && !hasSelector(service) && isMirrored(object) ? mirroredGroups(object) : [];
    const keys = new Set(wanted.map(({ addressType, ports }) => groupKey(addressType, ports)));
    for (const slice of existing) {
      if (!keys.has(groupKey(slice.addressType, slice.ports))) await remove(key, slice);
    }
    if (!object) return;
    for (const group of wanted) {
      const of = groupKey(group.addressType, group.ports);
      const same = existing.filter(({ addressType, ports }) => groupKey(addressType, ports) === of);
      await reconcileGroup(key, object, group, same);
    }
  }

  async function reconcileGroup(key: string, object: Endpoints, group: MirroredGroup, existing: EndpointSlice[]) {
    const packed = packEndpoints(existing, group.endpoints);
    for (const { slice, endpoints: now } of packed.update) await update(key, object, slice, now);
    for (const slice of packed.keep) await update(key, object, slice, slice.endpoints ?? []);
    for (const slice of packed.remove) await remove(key, slice);
    for (const some of packed.create) await add(key, object, group, some);
  }

  async function add(key: string, object: Endpoints, group: MirroredGroup, some: readonly Endpoint[]): Promise<void> {
    const { name = "", namespace } = object.metadata;
    const slice: EndpointSlice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        generateName: `${name}-`,
        ...(namespace ? { namespace } : {}),
        ...marksOf(object),
        ownerReferences: [controllerReference(object, "v1", "Endpoints")],
      },
      addressType: group.addressType,
      endpoints: [...some],
      ports: group.ports,
    };
    try {
      written.wrote(key, await client.resource<EndpointSlice>(sliceResource, namespace).create(slice));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  async function update(key: string, object: Endpoints, slice: EndpointSlice, now: readonly Endpoint[]): Promise<void> {
    const { labels } = marksOf(object);
    if (isDeepStrictEqual(slice.metadata.labels, labels) && isDeepStrictEqual(slice.endpoints ?? [], now)) return;
    const next = { ...slice, metadata: { ...slice.metadata, ...marksOf(object) }, endpoints: [...now] };
    written.wrote(key, await client.resource<EndpointSlice>(sliceResource, slice.metadata.namespace).update(next));
  }

  async function remove(key: string, slice: EndpointSlice): Promise<void> {
    const { name = "", namespace, uid } = slice.metadata;
    try {
      const resource = client.resource<EndpointSlice>(sliceResource, namespace);
      await resource.delete(name, uid ? { preconditions: { uid } } : {});
      written.removed(key, slice);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
};

function ownerKeys({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.[serviceNameLabel];
  return metadata.labels?.[managedByLabel] === manager && name ? [`${metadata.namespace}/${name}`] : [];
}

function hasSelector({ spec }: Service): boolean {
  return Object.keys(spec?.selector ?? {}).length > 0;
}

function isMirrored({ metadata }: Endpoints): boolean {
  return metadata.labels?.[skipLabel] !== "true" && metadata.annotations?.[leaderAnnotation] === undefined;
}

function marksOf({ metadata }: Endpoints): { labels: Record<string, string>; annotations?: Record<string, string> } {
  const { [lastApplied]: _, ...annotations } = metadata.annotations ?? {};
  return {
    labels: { ...metadata.labels, [serviceNameLabel]: metadata.name ?? "", [managedByLabel]: manager },
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
}
