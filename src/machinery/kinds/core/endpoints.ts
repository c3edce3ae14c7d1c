import { dns1123Label, dns1123Subdomain } from "../../meta/names.ts";
import { required } from "../../status/field-errors.ts";
import type { EndpointSubset, Endpoints } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { checkOneOf, checkPort, checkRule, type Errors } from "../validation/checks.ts";
import { checkNonSpecialIp } from "../validation/ip.ts";

export const endpointsStrategy = strategyFor<Endpoints>({
  hasGeneration: false,
  validate(endpoints) {
    const errors: Errors = [];
    for (const [i, subset] of (endpoints.subsets ?? []).entries()) checkSubset(errors, `subsets[${i}]`, subset);
    return errors;
  },
  allowCreateOnUpdate: true,
  defaultObject(endpoints) {
    for (const subset of endpoints.subsets ?? []) {
      for (const port of subset.ports ?? []) port.protocol ||= "TCP";
    }
  },
});

function checkSubset(errors: Errors, path: string, subset: EndpointSubset): void {
  if (!subset.addresses?.length && !subset.notReadyAddresses?.length) {
    errors.push(required(path, "must specify `addresses` or `notReadyAddresses`"));
  }
  for (const field of ["addresses", "notReadyAddresses"] as const) {
    for (const [i, address] of (subset[field] ?? []).entries()) {
      const at = `${path}.${field}[${i}]`;
      checkNonSpecialIp(errors, `${at}.ip`, address.ip);
      if (address.hostname) checkRule(errors, `${at}.hostname`, address.hostname, dns1123Label);
      if (address.nodeName) checkRule(errors, `${at}.nodeName`, address.nodeName, dns1123Subdomain);
    }
  }
  const ports = subset.ports ?? [];
  for (const [i, port] of ports.entries()) {
    const at = `${path}.ports[${i}]`;
    if (!port.name && ports.length > 1) errors.push(required(`${at}.name`));
    else if (port.name) checkRule(errors, `${at}.name`, port.name, dns1123Label);
    checkPort(errors, `${at}.port`, port.port);
    checkOneOf(errors, `${at}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"]);
  }
}

/** More than this many addresses are counted, not named. */
const shown = 3;

export const endpointsTable = table<Endpoints>(
  [
    nameColumn,
    column(
      "Endpoints",
      "string",
      "The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs they share. A single address with multiple ports, some of which are ready and some of which are not (because they come from different containers) will result in the address being displayed in different subsets for the different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.",
    ),
    ageColumn,
  ],
  (endpoints, now) => [endpoints.metadata.name, formatEndpoints(endpoints), age(endpoints, now)],
);

function formatEndpoints(endpoints: Endpoints): string {
  if (!endpoints.subsets?.length) return "<none>";
  const list: string[] = [];
  let count = 0;
  for (const subset of endpoints.subsets) {
    if (!subset.ports?.length) {
      for (const address of subset.addresses ?? []) if (count++ < shown) list.push(address.ip ?? "");
    } else {
      for (const port of subset.ports) {
        for (const address of subset.addresses ?? []) {
          if (count++ < shown) list.push(joinHostPort(address.ip ?? "", port.port ?? 0));
        }
      }
    }
  }
  const text = list.join(",");
  return count > shown ? `${text} + ${count - shown} more...` : text;
}

function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
