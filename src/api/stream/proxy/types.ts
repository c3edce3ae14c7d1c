/** Where a proxied request goes. */
import type { Duplex } from "node:stream";

export interface ProxyTarget {
  readonly scheme: "http" | "https";
  /** As in a URL: "10.42.0.5:8080". Clients see it in errors and links. */
  readonly host: string;
  /** A connection of its own for one request, without TLS. Throws StatusError or an Error that tells why. */
  connect(signal: AbortSignal): Promise<Duplex>;
}
