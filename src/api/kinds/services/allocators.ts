import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import type { Service } from "../../../machinery/types/core/v1.ts";
import type { Store } from "../../../store/types.ts";
import { parsedOf } from "../../serialize/parsed.ts";
import { AddressPool } from "./address-pool.ts";
import { PortPool } from "./port-pool.ts";

/** What Services are given. Lives in memory, rebuilt from the Services themselves at start: they are the truth. */
export class ServiceAllocators {
  readonly addresses: AddressPool;
  readonly ports: PortPool;

  constructor(serviceCidr: string) {
    this.addresses = new AddressPool(serviceCidr);
    this.ports = new PortPool();
  }

  /** The address of the `kubernetes` Service. */
  get apiServerAddress(): string {
    return this.addresses.at(1);
  }

  async rebuild(store: Store): Promise<void> {
    const { entries } = await store.list({ prefix: "/registry/services/" });
    for (const { value } of entries) this.#adopt(parsedOf(value));
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
