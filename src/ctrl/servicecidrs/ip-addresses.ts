/**
 * An IPAddress object for every address that a Service holds. Who holds what is decided by the API server when a Service is
 * written; these objects show it, and go with the Service.
 */
import { isIPv6 } from "node:net";
import type { Service } from "../../machinery/types/core/v1.ts";
import type { IPAddress } from "../../machinery/types/networking/v1.ts";
import { isAlreadyExists, isNotFound, QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";

const addressResource = { group: "networking.k8s.io", version: "v1", resource: "ipaddresses" };
const serviceResource = { group: "", version: "v1", resource: "services" };
const familyLabel = "ipaddress.kubernetes.io/ip-family";
const managedByLabel = "ipaddress.kubernetes.io/managed-by";
const manager = "ipallocator";
const holders = "ip-addresses/holders";

export const ipAddressController: ControllerFactory = ({ client, informers, clock, log }) => {
  const services = informers.informer<Service>(serviceResource);
  const addresses = informers.informer<IPAddress>(addressResource);
  services.addIndex(holders, addressesOf);
  const controller = new QueuedController({ name: "ip-addresses", clock, log, reconcile });
  const enqueue = (service: Service): void => {
    for (const address of addressesOf(service)) controller.queue.add(address);
  };
  const enqueueAddress = ({ metadata }: IPAddress): void => controller.queue.add(metadata.name ?? "");
  services.addHandler({
    add: enqueue,
    update: (service, old) => {
      if (addressesOf(service).join() === addressesOf(old).join()) return;
      enqueue(old);
      enqueue(service);
    },
    delete: enqueue,
  });
  addresses.addHandler({ add: enqueueAddress, update: enqueueAddress, delete: enqueueAddress });
  return controller;

  async function reconcile(address: string): Promise<void> {
    const resource = client.resource<IPAddress>(addressResource);
    const current = addresses.lister.get(address);
    if (current && current.metadata.labels?.[managedByLabel] !== manager) return;
    const [service] = services.lister.byIndex(holders, address);
    if (!service) {
      if (current) await resource.delete(address).catch(ignore(isNotFound));
      return;
    }
    const { namespace = "", name = "" } = service.metadata;
    const parent = current?.spec?.parentRef;
    if (parent?.namespace === namespace && parent.name === name && parent.resource === "services") return;
    // What an address belongs to cannot be changed: it is made anew.
    if (current) await resource.delete(address).catch(ignore(isNotFound));
    const labels = { [familyLabel]: isIPv6(address) ? "IPv6" : "IPv4", [managedByLabel]: manager };
    const object: IPAddress = {
      apiVersion: "networking.k8s.io/v1",
      kind: "IPAddress",
      metadata: { name: address, labels },
      spec: { parentRef: { group: "", resource: "services", namespace, name } },
    };
    await resource.create(object).catch(ignore(isAlreadyExists));
  }
};

function addressesOf({ spec }: Service): readonly string[] {
  if (!spec || spec.type === "ExternalName") return [];
  return (spec.clusterIPs ?? []).filter((address) => address !== "" && address !== "None");
}

function ignore(expected: (error: unknown) => boolean): (error: unknown) => void {
  return (error) => {
    if (!expected(error)) throw error;
  };
}
