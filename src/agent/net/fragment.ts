/** A piece of the table: what one Service adds to it. */

/** The maps and sets of the table that Services put something into. The sets have no verdicts: "" stands there. */
export type Container =
  | "service-ips"
  | "node-ports"
  | "no-endpoints"
  | "no-endpoint-node-ports"
  | "firewall"
  | "cluster-ips"
  | "hairpin";

export interface Fragment {
  /** By name; each rule a line of nft's language. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly elements: ReadonlyMap<Container, ReadonlyMap<string, string>>;
  /** Sets of clients that stay with an endpoint, with the seconds after which they are forgotten. */
  readonly affinity: ReadonlyMap<string, number>;
}

export class FragmentBuilder implements Fragment {
  readonly chains = new Map<string, readonly string[]>();
  readonly elements = new Map<Container, Map<string, string>>();
  readonly affinity = new Map<string, number>();

  /** What is put first stays: two ports of a Service may want the same. */
  put(container: Container, key: string, verdict = ""): void {
    let elements = this.elements.get(container);
    if (!elements) {
      elements = new Map();
      this.elements.set(container, elements);
    }
    if (!elements.has(key)) elements.set(key, verdict);
  }
}
