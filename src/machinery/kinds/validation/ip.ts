import { isIP, isIPv4, isIPv6 } from "node:net";
import { invalidValue } from "../../status/field-errors.ts";
import type { Errors } from "./checks.ts";

export function checkIp(errors: Errors, path: string, ip: string): boolean {
  if (isIP(ip) !== 0 && !ip.includes("%")) return true;
  errors.push(invalidValue(path, ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
  return false;
}

/** Addresses that no endpoint may have: they mean the host itself or a single link. */
export function checkNonSpecialIp(errors: Errors, path: string, ip: string): void {
  if (!checkIp(errors, path, ip)) return;
  const bytes = isIPv4(ip) ? ip.split(".").map(Number) : undefined;
  const v6 = bytes ? "" : ip.toLowerCase();
  if (ip === "0.0.0.0" || v6 === "::") {
    errors.push(invalidValue(path, ip, "may not be unspecified (0.0.0.0 or ::)"));
  }
  if (bytes?.[0] === 127 || v6 === "::1") {
    errors.push(invalidValue(path, ip, "may not be in the loopback range (127.0.0.0/8, ::1/128)"));
  }
  if ((bytes?.[0] === 169 && bytes[1] === 254) || /^fe[89ab]/.test(v6)) {
    errors.push(invalidValue(path, ip, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"));
  }
  if ((bytes?.[0] === 224 && bytes[1] === 0 && bytes[2] === 0) || v6.startsWith("ff02:")) {
    errors.push(invalidValue(path, ip, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"));
  }
}

export function isCidr(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const prefix = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(prefix)) return false;
  const ip = text.slice(0, slash);
  return isIPv4(ip) ? Number(prefix) <= 32 : isIPv6(ip) && Number(prefix) <= 128;
}

export function checkCidr(errors: Errors, path: string, cidr: string): void {
  if (!isCidr(cidr)) {
    errors.push(invalidValue(path, cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
  }
}
