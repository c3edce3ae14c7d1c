/** ServiceCIDRs open and close ranges for ClusterIPs; IPAddresses that somebody makes keep addresses from Services. */
import { isIP } from "node:net";
import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import { alreadyExists } from "../../../machinery/status/errors.ts";
import type { IPAddress, ServiceCIDR } from "../../../machinery/types/networking/v1.ts";
import type { KindHooks } from "../types.ts";
import type { AddressRanges } from "./address-ranges.ts";

const managedByLabel = "ipaddress.kubernetes.io/managed-by";

export function serviceCidrHooks(ranges: AddressRanges): KindHooks {
  return {
    beginCreate(_call, object, dryRun) {
      if (dryRun) return undefined;
      adoptServiceCidr(ranges, object);
      return () => dropServiceCidr(ranges, object);
    },
    beforeDelete(_call, object, dryRun) {
      if (dryRun) return;
      for (const cidr of cidrsOf(object)) ranges.closeRange(object.metadata.name ?? "", cidr);
    },
    afterDelete: (object) => dropServiceCidr(ranges, object),
  };
}

export function adoptServiceCidr(ranges: AddressRanges, object: UnstructuredObject): void {
  const { name = "", deletionTimestamp } = object.metadata;
  for (const cidr of cidrsOf(object)) {
    ranges.addRange(name, cidr);
    if (deletionTimestamp !== undefined) ranges.closeRange(name, cidr);
  }
}

function dropServiceCidr(ranges: AddressRanges, object: UnstructuredObject): void {
  for (const cidr of cidrsOf(object)) ranges.removeRange(object.metadata.name ?? "", cidr);
}

function cidrsOf(object: UnstructuredObject): readonly string[] {
  return (object as unknown as ServiceCIDR).spec?.cidrs ?? [];
}

export function ipAddressHooks(ranges: AddressRanges): KindHooks {
  return {
    beginCreate(call, object, dryRun) {
      if (isOfService(object)) return undefined;
      const { name = "" } = object.metadata;
      // What is no address is for validation to tell.
      if (isIP(name) !== 0 && !ranges.take(name)) throw alreadyExists(call.resource, name);
      const undo = (): void => ranges.release(name);
      if (!dryRun) return undo;
      undo();
      return undefined;
    },
    afterDelete(object) {
      if (!isOfService(object)) ranges.release(object.metadata.name ?? "");
    },
  };
}

/** Its address is held by the Service itself. */
export function isOfService(object: UnstructuredObject): boolean {
  const { metadata, spec } = object as unknown as IPAddress;
  return metadata.labels?.[managedByLabel] === "ipallocator" && spec?.parentRef?.resource === "services";
}
