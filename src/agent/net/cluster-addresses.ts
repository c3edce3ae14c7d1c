/** The addresses of the service range that every cluster knows. */

/** "10.43.0.10" of "10.43.0.0/16": where pods ask for names. */
export function clusterDnsAddress(serviceCidr: string): string {
  return nthAddress(serviceCidr, 10);
}

function nthAddress(cidr: string, n: number): string {
  const [base = ""] = cidr.split("/");
  const number = base.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0) + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
