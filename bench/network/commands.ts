/** What traffic is asked for. */
export type Command =
  /** Requests, each on a connection of its own or not: how many were answered. */
  | { kind: "requests"; address: string; port: number; keepAlive: boolean; clients: number; ms: number }
  /** A byte there and back, over and over: how often. */
  | { kind: "round-trips"; address: string; port: number; clients: number; ms: number }
  /** Bytes to where they are thrown away: how many arrived. */
  | { kind: "bytes"; address: string; port: number; streams: number; ms: number }
  /** What the readiness probe is answered from now on: when it first was. */
  | { kind: "ready"; ready: boolean }
  /** Asks for a name's addresses until this one is among them or not: when that was so. */
  | { kind: "name"; server: string; name: string; address: string; present: boolean };

export const ports = { requests: 8090, bytes: 8091, ready: 8092, roundTrips: 8093 };
