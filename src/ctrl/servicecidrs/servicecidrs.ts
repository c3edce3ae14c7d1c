/** Says of ServiceCIDRs that they are ready, and keeps one that is to go for as long as addresses would be left behind. */
import { keyOf } from "../../machinery/meta/object.ts";
import { type Cidr, cidrContains, parseCidr, parseIPv4 } from "../../machinery/net/cidr.ts";
import type { Service } from "../../machinery/types/core/v1.ts";
import type { IPAddress, ServiceCIDR } from "../../machinery/types/networking/v1.ts";
import { timestamp } from "../conditions.ts";
import { isNotFound, QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";

const cidrResource = { group: "networking.k8s.io", version: "v1", resource: "servicecidrs" };
const addressResource = { group: "networking.k8s.io", version: "v1", resource: "ipaddresses" };
const serviceResource = { group: "", version: "v1", resource: "services" };
const finalizer = "networking.k8s.io/service-cidr-finalizer";
const readyMessage = "Kubernetes Service CIDR is ready";
const terminatingMessage =
  "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";

export const serviceCidrsController: ControllerFactory = ({ client, informers, clock, log }) => {
  const cidrs = informers.informer<ServiceCIDR>(cidrResource);
  const addresses = informers.informer<IPAddress>(addressResource);
  const services = informers.informer<Service>(serviceResource);
  const controller = new QueuedController({ name: "servicecidrs", clock, log, reconcile });
  const enqueue = (object: ServiceCIDR): void => controller.queue.add(keyOf(object));
  // Another range, or an address that has gone, may let one go.
  const enqueueLeaving = (): void => {
    for (const object of cidrs.lister.list()) if (object.metadata.deletionTimestamp) enqueue(object);
  };
  const changed = (object: ServiceCIDR): void => {
    enqueue(object);
    enqueueLeaving();
  };
  cidrs.addHandler({ add: changed, update: changed, delete: enqueueLeaving });
  addresses.addHandler({ delete: enqueueLeaving });
  services.addHandler({ delete: enqueueLeaving });
  return controller;

  async function reconcile(name: string): Promise<void> {
    const object = cidrs.lister.get(name);
    if (!object) return;
    const resource = client.resource<ServiceCIDR>(cidrResource);
    const finalizers = object.metadata.finalizers ?? [];
    if (object.metadata.deletionTimestamp) {
      if (!finalizers.includes(finalizer)) return;
      if (leavesOrphans(object)) {
        await setReady(object, "False", "Terminating", terminatingMessage);
        return;
      }
      const { resourceVersion } = object.metadata;
      const rest = finalizers.filter((one) => one !== finalizer);
      try {
        await resource.patch(name, { type: "merge", patch: { metadata: { resourceVersion, finalizers: rest } } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return;
    }
    if (!finalizers.includes(finalizer)) {
      const { resourceVersion } = object.metadata;
      const patch = { metadata: { resourceVersion, finalizers: [...finalizers, finalizer] } };
      await resource.patch(name, { type: "merge", patch });
    }
    await setReady(object, "True", "", readyMessage);
  }

  async function setReady(object: ServiceCIDR, status: string, reason: string, message: string): Promise<void> {
    const conditions = object.status?.conditions ?? [];
    const before = conditions.find(({ type }) => type === "Ready");
    if (before?.status === status && before.message === message) return;
    const condition = { type: "Ready", status, reason, message, lastTransitionTime: timestamp(clock.now()) };
    const patch = { status: { conditions: [...conditions.filter(({ type }) => type !== "Ready"), condition] } };
    const resource = client.resource<ServiceCIDR>(cidrResource);
    await resource.patch(object.metadata.name ?? "", { type: "merge", patch }, { subresource: "status" });
  }

  function leavesOrphans(leaving: ServiceCIDR): boolean {
    const others = cidrs.lister.list().filter(({ metadata }) => metadata.name !== leaving.metadata.name);
    const staying = others.flatMap(rangesOf);
    const within = (ranges: readonly Cidr[], address: number): boolean =>
      ranges.some((range) => cidrContains(range, address));
    const held = [
      ...addresses.lister.list().map(({ metadata }) => metadata.name ?? ""),
      // The object of an address that was given just now may not be there yet.
      ...services.lister.list().flatMap(({ spec }) => spec?.clusterIPs ?? []),
    ];
    return held.some((text) => {
      const address = parseIPv4(text);
      return address !== undefined && within(rangesOf(leaving), address) && !within(staying, address);
    });
  }
};

function rangesOf({ spec }: ServiceCIDR): Cidr[] {
  return (spec?.cidrs ?? []).flatMap((cidr) => parseCidr(cidr) ?? []);
}
