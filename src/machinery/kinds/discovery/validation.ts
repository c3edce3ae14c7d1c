import { isIPv4, isIPv6 } from "node:net";
import { dns1123Label, dns1123Subdomain, qualifiedNameRule } from "../../meta/names.ts";
import { duplicate, invalidValue, notSupported, required, tooMany } from "../../status/field-errors.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../types/discovery/v1.ts";
import type { FieldError } from "../types.ts";
import { checkPort, checkRule, type Errors } from "../validation/checks.ts";
import { checkNonSpecialIp } from "../validation/ip.ts";
import { checkLabels } from "../validation/labels.ts";

const addressTypes = ["FQDN", "IPv4", "IPv6"];
const protocols = ["SCTP", "TCP", "UDP"];
const maxEndpoints = 1000;
const maxPorts = 20000;
const maxAddresses = 100;

export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  const errors: Errors = [];
  if (!slice.addressType) errors.push(required("addressType"));
  else if (!addressTypes.includes(slice.addressType)) {
    errors.push(notSupported("addressType", slice.addressType, addressTypes));
  }
  checkEndpoints(errors, slice.endpoints ?? [], slice.addressType);
  checkPorts(errors, slice.ports ?? []);
  return errors;
}

function checkEndpoints(errors: Errors, endpoints: readonly Endpoint[], type: string): void {
  if (endpoints.length > maxEndpoints) {
    errors.push(tooMany("endpoints", endpoints.length, maxEndpoints));
    return;
  }
  for (const [i, endpoint] of endpoints.entries()) {
    const at = `endpoints[${i}]`;
    if (!endpoint.addresses?.length) errors.push(required(`${at}.addresses`, "must contain at least 1 address"));
    else if (endpoint.addresses.length > maxAddresses) {
      errors.push(tooMany(`${at}.addresses`, endpoint.addresses.length, maxAddresses));
    }
    for (const [j, address] of (endpoint.addresses ?? []).entries()) {
      checkAddress(errors, `${at}.addresses[${j}]`, address, type);
    }
    if (endpoint.nodeName !== undefined) checkRule(errors, `${at}.nodeName`, endpoint.nodeName, dns1123Subdomain);
    if (endpoint.hostname !== undefined) checkRule(errors, `${at}.hostname`, endpoint.hostname, dns1123Label);
    checkLabels(errors, `${at}.deprecatedTopology`, endpoint.deprecatedTopology);
  }
}

function checkAddress(errors: Errors, path: string, address: string, type: string): void {
  switch (type) {
    case "IPv4":
      if (!isIPv4(address)) errors.push(invalidValue(path, address, "must be a valid IPv4 address"));
      else checkNonSpecialIp(errors, path, address);
      break;
    case "IPv6":
      if (!isIPv6(address)) errors.push(invalidValue(path, address, "must be a valid IPv6 address"));
      else checkNonSpecialIp(errors, path, address);
      break;
    case "FQDN":
      checkRule(errors, path, address, dns1123Subdomain);
      break;
    default:
  }
}

function checkPorts(errors: Errors, ports: readonly EndpointPort[]): void {
  if (ports.length > maxPorts) {
    errors.push(tooMany("ports", ports.length, maxPorts));
    return;
  }
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `ports[${i}]`;
    const name = port.name ?? "";
    if (name !== "") checkRule(errors, `${at}.name`, name, dns1123Label);
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (port.port !== undefined) checkPort(errors, `${at}.port`, port.port);
    if (!port.protocol) errors.push(required(`${at}.protocol`));
    else if (!protocols.includes(port.protocol)) errors.push(notSupported(`${at}.protocol`, port.protocol, protocols));
    if (port.appProtocol !== undefined) checkRule(errors, `${at}.appProtocol`, port.appProtocol, qualifiedNameRule);
  }
}
