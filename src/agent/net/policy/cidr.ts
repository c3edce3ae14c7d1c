/** The IPv4 network of a CIDR, without bits beyond the prefix: "10.1.2.3/8" is "10.0.0.0/8". Undefined for IPv6. */
export function networkOf(cidr: string): string | undefined {
  const [address = "", prefix = "32"] = cidr.split("/");
  const octets = address.split(".").map(Number);
  if (octets.length !== 4) return undefined;
  const length = Number(prefix);
  const bits = octets.reduce((number, octet) => number * 256 + octet, 0);
  const network = Math.floor(bits / 2 ** (32 - length)) * 2 ** (32 - length);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join(".")}/${length}`;
}
