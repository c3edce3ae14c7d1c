import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import type { Service } from "../../../machinery/types/core/v1.ts";
import type { Store } from "../../../store/types.ts";
import { parsedOf } from "../../serialize/parsed.ts";
import { AddressRanges } from "./address-ranges.ts";
import { PortPool } from "./port-pool.ts";
import { adoptServiceCidr, isOfService } from "./range-hooks.ts";

/** What Services are given. Lives in memory, rebuilt from the Services themselves at start: they are the truth. */
export class ServiceAllocators {
  readonly addresses: AddressRanges;
  /** "10.43.0.0/16": what the ServiceCIDR `kubernetes` has. */
  readonly defaultCidr: string;
  readonly ports: PortPool;

  constructor(serviceCidr: string) {
    this.defaultCidr = serviceCidr;
    this.addresses = new AddressRanges(serviceCidr);
    this.ports = new PortPool();
  }

  /** The address of the `kubernetes` Service. */
  get apiServerAddress(): string {
    return this.addresses.at(1);
  }

  /** The address at which every node answers DNS. */
  get dnsAddress(): string {
    return this.addresses.at(10);
  }

  async rebuild(store: Store): Promise<void> {
    const { entries } = await store.list({ prefix: "/registry/services/" });
    for (const { value } of entries) this.#adopt(parsedOf(value));
    const ranges = await store.list({ prefix: "/registry/servicecidrs/" });
    for (const { value } of ranges.entries) adoptServiceCidr(this.addresses, parsedOf(value));
    const addresses = await store.list({ prefix: "/registry/ipaddresses/" });
    for (const { value } of addresses.entries) {
      const address = parsedOf(value);
      if (!isOfService(address)) this.addresses.take(address.metadata.name ?? "");
    }
  }

  #adopt(object: UnstructuredObject): void {
    const { addresses, ports } = heldBy(object);
    for (const address of addresses) this.addresses.take(address);
    for (const port of ports) this.ports.take(port);
  }

  release(object: UnstructuredObject): void {
    const { addresses, ports } = heldBy(object);
    for (const address of addresses) this.addresses.release(address);
    for (const port of ports) this.ports.release(port);
  }
}

export interface Holdings {
  readonly addresses: readonly string[];
  readonly ports: ReadonlySet<number>;
}

/** What a Service has of the pools. */
export function heldBy(object: UnstructuredObject): Holdings {
  const { spec = {} } = object as unknown as Service;
  const ports = new Set<number>();
  for (const { nodePort } of spec.ports ?? []) if (nodePort) ports.add(nodePort);
  if (spec.healthCheckNodePort) ports.add(spec.healthCheckNodePort);
  if (spec.type === "ExternalName") return { addresses: [], ports };
  const given = spec.clusterIPs?.length ? spec.clusterIPs : spec.clusterIP ? [spec.clusterIP] : [];
  return { addresses: given.filter((address) => address !== "None" && address !== ""), ports };
}
