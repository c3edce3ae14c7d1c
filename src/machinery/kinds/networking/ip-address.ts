import type { IPAddress, ServiceCIDR } from "../../types/networking/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";

export const ipAddressTable = table<IPAddress>(
  [
    nameColumn,
    column(
      "ParentRef",
      "string",
      "ParentRef references the resource that an IPAddress is attached to. An IPAddress must reference a parent object.",
    ),
    ageColumn,
  ],
  (address, now) => {
    const parent = address.spec?.parentRef;
    const reference = parent
      ? [parent.group, parent.resource, parent.namespace, parent.name].filter(Boolean).join("/")
      : "<none>";
    return [address.metadata.name, reference, age(address, now)];
  },
);

export const serviceCidrTable = table<ServiceCIDR>(
  [
    nameColumn,
    column(
      "CIDRs",
      "string",
      'CIDRs defines the IP blocks in CIDR notation (e.g. "192.168.0.0/24" or "2001:db8::/64") from which to assign service cluster IPs. Max of two CIDRs is allowed, one of each IP family. This field is immutable.',
    ),
    ageColumn,
  ],
  (cidr, now) => [cidr.metadata.name, (cidr.spec?.cidrs ?? []).join(","), age(cidr, now)],
);
