/** What went wrong with a connection, in the words of Go's net package: they stand in the events that users know. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  EADDRNOTAVAIL: "connect: cannot assign requested address",
  ETIMEDOUT: "connect: connection timed out",
};

/** `address` as host:port. */
export function dialError(error: NodeJS.ErrnoException, address: string): string {
  if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") {
    return `dial tcp: lookup ${address.slice(0, address.lastIndexOf(":"))}: no such host`;
  }
  const reason = reasons[error.code ?? ""];
  return reason ? `dial tcp ${address}: ${reason}` : error.message;
}
