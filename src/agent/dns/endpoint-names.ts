/** Which names endpoints have. */
import type { EndpointPort } from "../../machinery/types/discovery/v1.ts";
import type { ServiceDirectory } from "../net/service-directory.ts";
import { canonical, dashed } from "./addresses.ts";

export interface NamedEndpoint {
  /** Its hostname, or its address in dashes: "web-0", "10-42-0-5". */
  readonly name: string;
  readonly address: string;
  readonly ports: readonly EndpointPort[];
}

export class EndpointNames {
  readonly #directory: ServiceDirectory;
  /** Made when first asked for after a change: few ask. */
  #byAddress: { readonly version: number; readonly names: ReadonlyMap<string, readonly string[]> } | undefined;

  constructor(directory: ServiceDirectory) {
    this.#directory = directory;
  }

  ready(serviceKey: string): NamedEndpoint[] {
    const found: NamedEndpoint[] = [];
    for (const { addressType, endpoints = [], ports = [] } of this.#directory.slices(serviceKey)) {
      if (addressType === "FQDN") continue;
      for (const { addresses, conditions, hostname } of endpoints) {
        const [address] = addresses;
        if (address === undefined || conditions?.ready === false) continue;
        found.push({ name: hostname || dashed(address), address, ports });
      }
    }
    return found;
  }

  /** By hostname, or by the address in dashes, which everybody has. */
  named(serviceKey: string, name: string): NamedEndpoint[] {
    return this.ready(serviceKey).filter((endpoint) => endpoint.name === name || dashed(endpoint.address) === name);
  }

  /** "web.default" of a cluster IP, "web-0.web.default" of an endpoint. */
  namesOf(address: string): readonly string[] {
    const directory = this.#directory;
    if (this.#byAddress?.version !== directory.version) {
      this.#byAddress = { version: directory.version, names: this.#collect() };
    }
    return this.#byAddress.names.get(address) ?? [];
  }

  #collect(): Map<string, string[]> {
    const names = new Map<string, string[]>();
    for (const [key, { spec }] of this.#directory.services()) {
      for (const address of spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : [])) {
        if (address !== "None" && spec?.type !== "ExternalName") names.set(canonical(address), [nameOf(key)]);
      }
    }
    const services = new Set(names.keys());
    for (const key of this.#directory.withSlices()) {
      for (const { name, address } of this.ready(key)) {
        const known = canonical(address);
        if (services.has(known)) continue;
        const list = names.get(known);
        const full = `${name}.${nameOf(key)}`;
        if (!list) names.set(known, [full]);
        else if (!list.includes(full)) list.push(full);
      }
    }
    return names;
  }
}

function nameOf(key: string): string {
  const [namespace, name] = key.split("/");
  return `${name}.${namespace}`;
}
