/** Addresses as they stand in names. */
import { isIP, isIPv4 } from "node:net";
import { type AddressRecord, recordType } from "./records.ts";

export function addressRecord(name: string, ttl: number, address: string): AddressRecord {
  return { name, ttl, type: address.includes(":") ? recordType.AAAA : recordType.A, address };
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** "10-42-0-5" */
export function dashed(address: string): string {
  return address.replaceAll(/[.:]/g, "-");
}

/** The address in its shortest form, so that equal ones are equal texts; undefined for what is none. */
export function undashed(text: string): string | undefined {
  const ipv4 = text.replaceAll("-", ".");
  if (isIPv4(ipv4)) return ipv4;
  const ipv6 = text.replaceAll("-", ":");
  return isIP(ipv6) === 6 ? canonical(ipv6) : undefined;
}

export function canonical(address: string): string {
  if (!address.includes(":")) return address;
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** Whether an IPv4 address lies in a range such as "10.43.0.0/16". */
export function inRange(address: string, range: string): boolean {
  const [base = "", bits = "32"] = range.split("/");
  if (!isIPv4(address) || !isIPv4(base)) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(base) / size);
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}
